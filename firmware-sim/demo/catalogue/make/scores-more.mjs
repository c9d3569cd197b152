/** The music of the later films and of two records: SLUG → (seconds) → Tape. */
import { Tape } from './sound.mjs';

const up = (note, by = 1) => note.replace(/\d/, (o) => Number(o) + by);

export const moreScores = {
  'the-salt-road': (seconds) => {
    const tape = new Tape(seconds, 71);
    tape.noise(0, seconds, (t) => 0.12 + 0.07 * Math.sin(t * 0.4), () => 0.03);
    const scale = ['A3', 'Bb3', 'C#4', 'D4', 'E4', 'F4', 'G4', 'A4'];
    for (let i = 0; i * 8 < seconds - 6; i += 1)
      tape.pad(i % 4 === 2 ? ['D2', 'A2'] : ['A2', 'E3'], i * 8, 7, { gain: 0.05, attack: 2, release: 2.5 });
    let at = 3;
    let k = 0;
    while (at < seconds - 6) {
      tape.pluck(scale[k], at, { gain: 0.3, bright: 0.35, pan: 0.2, seconds: 3.5 });
      if (tape.rand() < 0.5) tape.pluck(scale[Math.max(0, k - 1)], at + 0.18, { gain: 0.16, bright: 0.3, pan: 0.2 });
      k = Math.max(0, Math.min(7, k + Math.round(tape.rand() * 4 - 2)));
      at += [0.9, 1.35, 1.8, 2.7][Math.floor(tape.rand() * 4)];
    }
    for (let t = 8; t < seconds - 8; t += 1.85) {
      tape.knock(t, 110, 0.22, -0.2);
      tape.bell('A5', t + 0.92, { gain: 0.025, seconds: 0.8, ratio: 5.1, depth: 1, pan: 0.5 });
    }
    return tape.reverb(0.5, 1.7);
  },
  'goldfish-march': (seconds) => {
    const tape = new Tape(seconds, 72);
    const beat = 0.5;
    const tune = ['D4', 'D4', 'E4', 'G4', 'A4', 'A4', 'G4', 'E4', 'B4', 'A4', 'G4', 'E4', 'D4', 'E4', 'G4', 'D4'];
    for (let n = 0; n * beat < seconds - 3; n += 1) {
      const march = n >= 12 && n < 48;
      if (n >= 4) {
        tape.bass(n % 2 ? 'A2' : 'D2', n * beat, 0.4, { gain: march ? 0.34 : 0.2 });
        if (march) tape.kick(n * beat, n % 4 ? 0.25 : 0.45);
        if (march && n % 2) tape.hat(n * beat, { gain: 0.14, seconds: 0.1 });
        if (march && n % 8 === 7) for (const d of [0.17, 0.33]) tape.hat(n * beat + d, { gain: 0.1, seconds: 0.07 });
      }
      if (n >= 8) {
        const note = tune[n % 16];
        tape.pad([up(note)], n * beat, 0.36, { gain: 0.05, attack: 0.03, release: 0.12, dark: 8 });
        tape.bell(up(note, 2), n * beat, { gain: march ? 0.07 : 0.12, ratio: 4, seconds: 0.9 });
      }
    }
    return tape.reverb(0.22, 0.8);
  },
  'platform-four': (seconds) => {
    const tape = new Tape(seconds, 73);
    tape.noise(0, seconds, (t) => 0.05 + (t > 17 && t < 29 ? 0.5 * Math.sin(((t - 17) / 12) * Math.PI) ** 2 : 0), (t) => (t > 17 && t < 29 ? 0.1 : 0.2));
    for (let t = 18.5; t < 28; t += 0.62) for (const d of [0, 0.13]) tape.knock(t + d, 170, 0.25, lerpPan(t));
    const chords = [['D3', 'F3', 'A3', 'C4'], ['Bb2', 'D3', 'F3', 'A3'], ['G2', 'Bb2', 'D3', 'F3'], ['A2', 'C#3', 'E3', 'G3']];
    for (let i = 0; i * 4 < seconds - 4; i += 1) tape.pad(chords[i % 4], i * 4, 3.4, { gain: 0.032, attack: 0.8 });
    const horn = [['A4', 1.5], ['G4', 0.5], ['F4', 2], ['E4', 1], ['F4', 1], ['D4', 4], ['C5', 1.5], ['A4', 0.5], ['G4', 2], ['E4', 2], ['C#4', 3]];
    for (let at = 6.5, i = 0; at < seconds - 4; i += 1) {
      const [note, long] = horn[i % 11];
      if (at < 18 || at > 29) tape.pad([note], at, long * 0.8, { gain: 0.08, attack: 0.07, release: 0.3, dark: 8 });
      at += long;
    }
    for (let t = 7; t < 13; t += 0.62) tape.knock(t, 620, 0.14, 0.1);
    for (let t = 35; t < 40; t += 0.7) tape.knock(t, 480, 0.14, -0.1);
    return tape.reverb(0.4, 1.3);
  },
  'concrete-summer': (seconds) => {
    const tape = new Tape(seconds, 74);
    tape.noise(0, seconds, (t) => 0.12 + 0.1 * Math.sin(t * 4.2) ** 2, () => 0.12);
    const chords = [['F3', 'A3', 'C4', 'E4'], ['D3', 'F3', 'A3', 'C4'], ['Bb2', 'D3', 'F3', 'A3'], ['C3', 'E3', 'G3', 'B3']];
    const beat = 60 / 104;
    for (let n = 0; n * beat < seconds - 3; n += 1) {
      const chord = chords[Math.floor(n / 8) % 4];
      if (n % 8 === 0) tape.pad(chord, n * beat, 8 * beat * 0.9, { gain: 0.035, attack: 0.6 });
      if (n >= 8) tape.pluck(up(chord[(n * 3) % 4]), n * beat, { gain: 0.2, bright: 0.5, pan: n % 2 ? 0.4 : -0.4, seconds: 1.4 });
      if (n >= 12) {
        if (n % 2) tape.hat(n * beat, { gain: 0.05 });
        if (n % 4 === 0) tape.kick(n * beat, 0.35);
        if (n % 4 === 0) tape.bass(chord[0].replace('3', '2'), n * beat, 1.4, { gain: 0.22 });
      }
    }
    return tape.reverb(0.35, 1.2);
  },
  'winter-wolf': (seconds) => {
    const tape = new Tape(seconds, 75);
    tape.noise(0, seconds, (t) => 0.16 + 0.1 * Math.sin(t * 0.8), (t) => 0.025 + 0.012 * Math.sin(t * 0.6));
    const tune = ['E4', 'G4', 'A4', 'B4', 'A4', 'G4', 'E4', 'D4', 'E4', 'B3', 'D4', 'E4'];
    for (let i = 0; 4 + i * 0.85 < seconds - 5; i += 1) {
      tape.pluck(tune[i % 12], 4 + i * 0.85, { gain: 0.26, bright: 0.15, pan: -0.2, seconds: 2.4 });
      if (i % 3 === 0) tape.pluck('E3', 4 + i * 0.85, { gain: 0.22, bright: 0.1, seconds: 3 });
    }
    for (let t = 13; t < 22.5; t += Math.max(0.12, 0.9 - (t - 13) * 0.085)) tape.knock(t, 980, 0.15, 0.4);
    tape.pad(['B3'], 23, 3, { gain: 0.07, attack: 0.9, release: 2 });
    return tape.reverb(0.5, 1.6);
  },
  'signal-hill-1': (seconds) => hillScore(seconds, 76, false),
  'signal-hill-2': (seconds) => hillScore(seconds, 77, true),
  'rooms-without-doors': (seconds) => {
    const tape = new Tape(seconds, 78);
    const beat = 60 / 126;
    const changes = [
      [['D2', 'F2', 'A2', 'C3'], ['F3', 'A3', 'C4', 'E4']],
      [['G2', 'B2', 'D3', 'F2'], ['F3', 'B3', 'D4', 'E4']],
      [['C2', 'E2', 'G2', 'B2'], ['E3', 'G3', 'B3', 'D4']],
      [['A2', 'C#3', 'E3', 'G2'], ['G3', 'C#4', 'E4', 'F4']],
    ];
    const scale = ['D4', 'E4', 'F4', 'G4', 'A4', 'B4', 'C5', 'D5', 'E5', 'F5', 'G5', 'A5'];
    let step = 5;
    for (let n = 0; n * beat < seconds - 5; n += 1) {
      const [walk, chord] = changes[Math.floor(n / 4) % 4];
      const swing = (n + 0.66) * beat;
      tape.bass(walk[n % 4], n * beat, beat * 1.15, { gain: 0.27 });
      if (n >= 8) {
        tape.hat(n * beat, { gain: 0.045, seconds: 0.25, pan: 0.35 });
        if (n % 2) tape.hat(n * beat, { gain: 0.06, seconds: 0.05, pan: 0.35 });
        tape.hat(swing, { gain: 0.03, seconds: 0.08, pan: 0.35 });
      }
      if (n % 4 === 1 || tape.rand() < 0.12)
        for (const note of chord) tape.bell(note, n % 8 < 4 ? swing : n * beat, { gain: 0.055, ratio: 1, depth: 1, seconds: 0.9, pan: -0.35 });
      // The solo keeps silent for a bar now and then, as a person who listens does.
      if (n >= 16 && Math.floor(n / 4) % 5 !== 4)
        for (const at of [n * beat, swing]) {
          if (tape.rand() < 0.34) continue;
          step = Math.max(0, Math.min(11, step + Math.round(tape.rand() * 4 - 2)));
          tape.bell(scale[step], at, { gain: 0.13, ratio: 2, depth: 0.7, seconds: 1.1, pan: 0.1 });
        }
    }
    for (const note of ['D3', 'F3', 'A3', 'C4', 'E4']) tape.bell(note, seconds - 5, { gain: 0.09, ratio: 1, depth: 1, seconds: 4.5 });
    return tape.reverb(0.28, 1);
  },
  kombinat: (seconds) => {
    const tape = new Tape(seconds, 79);
    const beat = 60 / 138;
    const acid = ['A1', 'A1', 'C2', 'A1', 'A2', 'G1', 'A1', 'Eb2'];
    tape.noise(0, seconds, (t) => 0.05 + 0.05 * clampSin(t * 0.23), (t) => 0.2 + 0.15 * Math.sin(t * 0.6));
    for (let n = 0; n * beat < seconds - 2; n += 1) {
      const bar = Math.floor(n / 4);
      const still = bar % 16 >= 14;
      if (!still) tape.kick(n * beat, 0.62);
      if (bar >= 4) tape.hat((n + 0.5) * beat, { gain: 0.13, seconds: 0.09 });
      if (bar >= 8) for (const q of [0.25, 0.75]) tape.hat((n + q) * beat, { gain: 0.04, seconds: 0.04, pan: -0.4 });
      for (let q = 0; q < 4; q += 1) {
        const note = acid[(n * 4 + q * 3) % 8];
        if (bar >= 2 && (n * 4 + q) % 3) tape.pad([up(note)], (n + q / 4) * beat, 0.05, { gain: 0.09, attack: 0.005, release: 0.07, dark: 3 + Math.round(7 * clampSin(bar * 0.35)) });
      }
      if (bar >= 12 && n % 4 === 2) tape.knock(n * beat, 300, 0.4, 0);
      if (bar >= 16 && n % 8 === 5) tape.bell('Eb5', n * beat, { gain: 0.09, ratio: 1.41, depth: 4, seconds: 1.4, pan: 0.5 });
    }
    return tape.reverb(0.2, 1.1);
  },
};

const clampSin = (x) => 0.5 + 0.5 * Math.sin(x);
const lerpPan = (t) => (t - 23) / 6;

/** Radio noise that becomes even; then its answer in bells, one for each prime. */
function hillScore(seconds, seed, answer) {
  const tape = new Tape(seconds, seed);
  tape.noise(0, seconds, (t) => (answer ? 0.06 : 0.3 * (1 - Math.min(1, Math.max(0, (t - 18) / 9)))), () => 0.3);
  for (const [i, chord] of [['E2', 'B2', 'G3'], ['C3', 'G3', 'E4'], ['A2', 'E3', 'C4'], ['B2', 'F#3', 'D4'], ['E2', 'B2', 'G3'], ['E3', 'B3', 'G4']].entries())
    tape.pad(chord, i * 6, 5.5, { gain: 0.045, attack: 2, release: 2, dark: 3 });
  if (answer) {
    for (const [k, prime] of [2, 3, 5, 7, 11].entries())
      for (let i = 0; i < prime; i += 1) tape.bell(['E5', 'G5', 'B5', 'D6', 'E6'][k], 7 + k * 3 + i * 0.2, { gain: 0.11, ratio: 3, seconds: 1.6, pan: -0.4 });
    for (let i = 0; i < 13; i += 1) tape.bell('B4', 25 + i * 0.16, { gain: 0.13, ratio: 2, seconds: 2.4, pan: 0.4 });
  } else
    for (let n = 0; n < 16; n += 1) {
      const group = [1, 2, 3, 5][n % 4];
      if (18 + n < seconds - 3) for (let i = 0; i < group; i += 1) tape.bell('E5', 18 + n + i * 0.15, { gain: 0.02 + n * 0.007, ratio: 3, seconds: 1 });
    }
  return tape.reverb(0.5, 1.7);
}
