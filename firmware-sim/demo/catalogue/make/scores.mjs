/** The music of every film and the two music titles: SLUG → (seconds) → Tape. */
import { moreScores } from './scores-more.mjs';
import { Tape } from './sound.mjs';

export const scores = {
  ...moreScores,
  'the-keepers-letter': (seconds) => {
    const tape = new Tape(seconds, 11);
    tape.noise(
      0,
      seconds,
      (t) => 0.28 + 0.16 * Math.sin(t * 0.7) + 0.06 * Math.sin(t * 1.9),
      (t) => 0.035 + 0.02 * Math.sin(t * 0.7 - 0.6),
    );
    const chords = [
      ['D3', 'A3', 'F4'],
      ['Bb2', 'F3', 'D4'],
      ['F3', 'C4', 'A4'],
      ['C3', 'G3', 'E4'],
      ['D3', 'A3', 'F4'],
      ['G3', 'D4', 'Bb4'],
      ['Bb2', 'F3', 'D4'],
      ['F3', 'C4', 'A4'],
    ];
    const melody = [
      'A4',
      'F4',
      'G4',
      'A4',
      'C5',
      'A4',
      'G4',
      'E4',
      'F4',
      'D4',
      'E4',
      'F4',
      'A4',
      'G4',
      'F4',
      'C5',
    ];
    for (let i = 0; i * 5 < seconds - 4; i += 1) {
      tape.pad(chords[i % 8], i * 5, 4.6, { gain: 0.035 });
      for (let k = 0; k < 4; k += 1)
        tape.pluck(chords[i % 8][k % 3], i * 5 + k * 1.25, {
          gain: 0.14,
          pan: -0.3,
          bright: 0.2,
          seconds: 3,
        });
      if (i > 0)
        for (let k = 0; k < 2; k += 1)
          tape.bell(melody[(i * 2 + k) % 16], i * 5 + k * 2.5 + 0.6, {
            gain: 0.11,
            pan: 0.25,
            ratio: 2,
            depth: 0.8,
          });
    }
    tape.bell('D6', seconds - 8, { gain: 0.1, seconds: 5 });
    tape.bell('A5', seconds - 7.2, { gain: 0.1, seconds: 5 });
    return tape.reverb(0.5, 1.6);
  },
  'night-tram': (seconds) => {
    const tape = new Tape(seconds, 9);
    const beat = 60 / 92;
    tape.noise(
      0,
      seconds,
      () => 0.05,
      () => 0.5,
    );
    const walk = [
      'D2',
      'F2',
      'A2',
      'C3',
      'B2',
      'A2',
      'G2',
      'F2',
      'E2',
      'G2',
      'Bb2',
      'D3',
      'C#3',
      'A2',
      'G2',
      'E2',
    ];
    const horn = [
      ['D4', 2],
      ['F4', 1],
      ['A4', 3],
      ['G#4', 2],
      ['G4', 2],
      ['E4', 1.5],
      ['F4', 0.5],
      ['D4', 4],
      ['C5', 2],
      ['B4', 1],
      ['G4', 3],
      ['F4', 2],
      ['E4', 2],
      ['C#4', 4],
      ['D4', 4],
    ];
    const beats = Math.floor(seconds / beat) - 3;
    for (let b = 4; b < beats; b += 1) {
      tape.bass(walk[b % 16], b * beat, beat * 1.1, { gain: 0.3 });
      tape.hat(b * beat, { gain: 0.03, seconds: 0.3, pan: 0.3 });
      if (b % 2) tape.hat(b * beat, { gain: 0.05, seconds: 0.07, pan: 0.3 });
      tape.hat((b + 0.67) * beat, { gain: 0.03, seconds: 0.06, pan: 0.3 });
      if (b % 4 === 1)
        for (const n of b % 8 === 1 ? ['F3', 'C4', 'E4'] : ['G3', 'Bb3', 'C#4'])
          tape.bell(n, (b + 0.67) * beat, { gain: 0.06, ratio: 1, depth: 0.9, seconds: 1.4, pan: -0.4 });
    }
    let at = 8;
    for (const [note, length] of [...horn, ...horn]) {
      if (at > beats - 6) break;
      tape.pad([note], at * beat, length * beat * 0.85, { gain: 0.075, attack: 0.08, release: 0.3, dark: 7 });
      at += length;
    }
    for (let t = 1; t < seconds - 2; t += 3.1) for (const d of [0, 0.16]) tape.knock(t + d, 150, 0.16, -0.5);
    tape.bell('E6', 1.2, { gain: 0.12, seconds: 1.6 });
    tape.bell('E6', 1.6, { gain: 0.12, seconds: 1.6 });
    return tape.reverb(0.3, 1.1);
  },
  'orbit-for-two': (seconds) => {
    const tape = new Tape(seconds, 4);
    const beat = 0.5;
    const a = ['C4', 'E4', 'G4', 'B4', 'D5', 'B4', 'G4', 'E4'];
    const b = ['A3', 'C4', 'E4', 'G4', 'B4', 'G4', 'E4', 'C4'];
    const c = ['F3', 'A3', 'C4', 'E4', 'G4', 'E4', 'C4', 'A3'];
    const d = ['G3', 'B3', 'D4', 'F4', 'A4', 'F4', 'D4', 'B3'];
    const bars = [a, a, b, b, c, c, d, d];
    for (let n = 0; n * beat < seconds - 3; n += 1) {
      const bar = bars[Math.floor(n / 4) % 8];
      for (let k = 0; k < 2; k += 1)
        tape.pluck(bar[(n * 2 + k) % 8], n * beat + k * 0.25, {
          gain: 0.2,
          pan: k ? 0.5 : -0.5,
          bright: 0.8,
          seconds: 0.9,
        });
      if (n >= 8) tape.kick(n * beat, n % 2 ? 0.12 : 0.4);
      if (n >= 16) tape.hat(n * beat + 0.25, { gain: 0.06 });
      if (n % 4 === 0 && n >= 8) tape.bass(bar[0].replace('4', '2').replace('3', '2'), n * beat, 1.8);
      if (n >= 24 && n % 3 === 0)
        tape.bell(
          bar[(n / 3) % 8].replace(/\d/, (o) => Number(o) + 1),
          n * beat,
          { gain: 0.09, seconds: 1.5 },
        );
    }
    return tape.reverb(0.22, 0.8);
  },
  'ink-garden': (seconds) => {
    const tape = new Tape(seconds, 21);
    const scale = ['D4', 'Eb4', 'G4', 'A4', 'Bb4', 'D5', 'Eb5', 'G5'];
    let at = 1;
    let step = 3;
    while (at < seconds - 4) {
      tape.pluck(scale[step], at, { gain: 0.3, pan: (step - 4) / 8, bright: 0.9, seconds: 3 });
      if (tape.rand() < 0.3)
        tape.pluck(
          scale[step].replace(/\d/, (o) => Number(o) - 1),
          at + 0.03,
          { gain: 0.2, bright: 0.6, seconds: 3 },
        );
      if (tape.rand() < 0.25)
        for (const k of [1, 2, 3])
          tape.pluck(scale[Math.max(0, step - k)], at + k * 0.13, { gain: 0.16, bright: 0.9 });
      step = Math.max(0, Math.min(7, step + Math.round(tape.rand() * 4 - 2)));
      at += [0.5, 0.75, 1, 1.5][Math.floor(tape.rand() * 4)];
    }
    for (const t of [0.2, 6, 13, 20, 26]) tape.knock(t, 420, 0.3, 0.6);
    tape.noise(
      0,
      seconds,
      (t) => 0.05 + 0.03 * Math.sin(t * 0.5),
      () => 0.08,
    );
    return tape.reverb(0.45, 1.5);
  },
  'the-long-snow': (seconds) => {
    const tape = new Tape(seconds, 31);
    tape.noise(
      0,
      seconds,
      (t) => 0.2 + 0.14 * Math.sin(t * 0.9),
      (t) => 0.02 + 0.012 * Math.sin(t * 0.5),
    );
    for (const [i, chord] of [
      ['E3', 'B3', 'G4'],
      ['C3', 'G3', 'E4'],
      ['A3', 'E4', 'C5'],
      ['B2', 'F#3', 'D4'],
      ['E3', 'B3', 'G4'],
    ].entries())
      tape.pad(chord, i * 5, 5, { gain: 0.05 });
    for (const [i, n] of ['B5', 'G5', 'E5', 'F#5', 'G5', 'D5', 'E5', 'B4', 'G4', 'E5'].entries())
      tape.bell(n, 3 + i * 2, { gain: 0.1, ratio: 4, depth: 1, pan: i % 2 ? 0.4 : -0.4 });
    return tape.reverb(0.55, 1.8);
  },
  'small-machines-1': (seconds) =>
    machineScore(seconds, 41, ['C4', 'E4', 'G4', 'A4', 'G4', 'E4', 'F4', 'D4']),
  'small-machines-2': (seconds) =>
    machineScore(seconds, 42, ['D4', 'F#4', 'A4', 'B4', 'D5', 'B4', 'G4', 'E4']),
  'tide-tables': (seconds) => {
    const tape = new Tape(seconds, 51);
    tape.noise(
      0,
      seconds,
      (t) => 0.12 + 0.1 * Math.sin(t * 0.42),
      (t) => 0.02 + 0.015 * Math.sin(t * 0.42 - 0.8),
    );
    const chords = [
      ['C3', 'G3', 'E4', 'B4'],
      ['A2', 'E3', 'C4', 'G4'],
      ['F2', 'C3', 'A3', 'E4'],
      ['D3', 'A3', 'F4', 'C5'],
      ['G2', 'D3', 'B3', 'F4'],
      ['E3', 'B3', 'G4', 'D5'],
    ];
    // Four voices whose lengths have no common measure meet anew each time, as the moon and the sun do.
    for (const [v, period] of [
      [0, 3.7],
      [1, 5.3],
      [2, 7.1],
      [3, 4.3],
    ]) {
      for (let t = 2 + v; t < seconds - 6; t += period) {
        const chord = chords[Math.floor(t / 10) % 6];
        tape.bell(chord[v], t, {
          gain: 0.2 - v * 0.025,
          ratio: 1,
          depth: 0.7,
          seconds: 5,
          pan: (v - 1.5) / 2,
        });
        if (tape.rand() < 0.4)
          tape.bell(
            chord[(v + 2) % 4].replace(/\d/, (o) => Number(o) + 1),
            t + period / 3,
            { gain: 0.07, ratio: 2, depth: 0.6, seconds: 4, pan: (1.5 - v) / 2 },
          );
      }
    }
    for (let i = 0; i * 10 < seconds - 8; i += 1)
      tape.pad(chords[i % 6], i * 10, 9, { gain: 0.03, attack: 3, release: 3 });
    return tape.reverb(0.55, 1.9);
  },
  'seven-keys': (seconds) => {
    const tape = new Tape(seconds, 61);
    const eighth = 60 / 132 / 2;
    // Seven keys, seven eighths in the bar; a new key is turned every eight bars.
    const keys = ['A3', 'C4', 'D4', 'E4', 'G4', 'A4', 'C5'];
    const patterns = [
      [0, 3, 2, 5, 3, 1, 4],
      [1, 4, 2, 6, 4, 2, 5],
      [0, 2, 4, 3, 5, 2, 6],
      [3, 0, 4, 1, 5, 2, 6],
    ];
    const roots = ['A2', 'F2', 'D2', 'E2'];
    for (let n = 0; n * eighth < seconds - 3; n += 1) {
      const bar = Math.floor(n / 7);
      const k = n % 7;
      const open = Math.min(7, 2 + Math.floor(bar / 6));
      const p = patterns[Math.floor(bar / 4) % 4];
      if (p[k] < open)
        tape.pluck(keys[p[k]], n * eighth, {
          gain: k === 0 ? 0.3 : 0.2,
          bright: 0.75,
          pan: (p[k] - 3) / 5,
          seconds: 1.4,
        });
      if (bar >= 4 && (k === 0 || k === 4))
        tape.bass(roots[Math.floor(bar / 4) % 4], n * eighth, eighth * (k ? 2.5 : 3.5));
      if (bar >= 8 && (k === 0 || k === 4)) tape.kick(n * eighth, 0.4);
      if (bar >= 8 && (k === 2 || k === 6)) tape.knock(n * eighth, 900, 0.16, 0.3);
      if (bar >= 12) tape.hat(n * eighth, { gain: k % 2 ? 0.05 : 0.03, pan: -0.3 });
      if (bar >= 16 && bar % 8 > 3 && k % 3 === 0)
        tape.bell(
          keys[(p[k] + 2) % 7].replace(/\d/, (o) => Number(o) + 1),
          n * eighth,
          { gain: 0.09, seconds: 1.6, pan: 0.4 },
        );
    }
    return tape.reverb(0.25, 0.9);
  },
};

/** A music-box tune over wooden ticks: the sound of both episodes of the series. */
function machineScore(seconds, seed, tune) {
  const tape = new Tape(seconds, seed);
  const beat = 0.46;
  for (let n = 0; n * beat < seconds - 2.5; n += 1) {
    tape.knock(n * beat, n % 2 ? 900 : 1200, 0.09, n % 2 ? 0.5 : -0.5);
    if (n >= 6 && (n * 5) % 8 < 5)
      tape.bell(
        tune[(n * 3 + Math.floor(n / 8)) % 8].replace(/\d/, (o) => Number(o) + 1),
        n * beat,
        { gain: 0.13, ratio: 4, depth: 0.8, seconds: 1.6, pan: 0.2 },
      );
    if (n >= 8 && n % 4 === 0)
      tape.bass(tune[(n / 4) % 8].replace('4', '2').replace('5', '2'), n * beat, 1.5, { gain: 0.22 });
    if (n >= 8 && n % 4 === 2)
      tape.pluck(tune[(n / 2) % 8].replace('4', '3').replace('5', '3'), n * beat, {
        gain: 0.18,
        bright: 0.6,
        seconds: 1,
      });
  }
  tape.bell('C6', seconds - 4, { gain: 0.2, seconds: 3.5 });
  return tape.reverb(0.2, 0.7);
}
