/**
 * A small synthesizer: stereo floats at 44.1 kHz, a handful of voices, a reverb, a 16-bit WAV writer.
 * Everything is seeded, so the same score gives the same samples on every machine.
 */
import { writeFileSync } from 'node:fs';

export const RATE = 44_100;

/** Seeded chance (mulberry32): returns a function giving floats in [0, 1). */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NAMES = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/** Frequency in Hz of a note name such as `F#4` or `Bb3`. */
export function hz(note) {
  const [, letter, sign, octave] = /^([A-G])([#b]?)(\d)$/.exec(note);
  const semitone = NAMES[letter] + (sign === '#' ? 1 : sign === 'b' ? -1 : 0) + 12 * (Number(octave) + 1);
  return 440 * 2 ** ((semitone - 69) / 12);
}

/** A recording of `seconds`; voices add themselves to it. Times and lengths are in seconds. */
export class Tape {
  constructor(seconds, seed = 1) {
    this.length = Math.round(seconds * RATE);
    this.left = new Float32Array(this.length);
    this.right = new Float32Array(this.length);
    this.rand = chance(seed);
  }

  add(i, value, pan) {
    if (i < 0 || i >= this.length) return;
    this.left[i] += value * Math.cos(((pan + 1) * Math.PI) / 4);
    this.right[i] += value * Math.sin(((pan + 1) * Math.PI) / 4);
  }

  /** A plucked string (Karplus and Strong). `bright` 0…1. */
  pluck(note, at, { gain = 0.3, pan = 0, seconds = 2.5, bright = 0.5 } = {}) {
    const f = typeof note === 'number' ? note : hz(note);
    const size = Math.max(2, Math.round(RATE / f));
    const string = Float32Array.from({ length: size }, () => this.rand() * 2 - 1);
    for (let k = 0; k < 3 - Math.round(bright * 2); k += 1) {
      for (let i = 0; i < size; i += 1) string[i] = (string[i] + string[(i + 1) % size]) / 2;
    }
    const start = Math.round(at * RATE);
    const n = Math.round(seconds * RATE);
    for (let i = 0; i < n; i += 1) {
      const p = i % size;
      const out = string[p];
      string[p] = 0.4985 * (string[p] + string[(p + 1) % size]);
      this.add(start + i, out * gain * Math.min(1, (n - i) / 4000), pan);
    }
  }

  /** A struck bell or electric piano: one modulator on one carrier. */
  bell(note, at, { gain = 0.2, pan = 0, seconds = 3, ratio = 3.5, depth = 2 } = {}) {
    const f = typeof note === 'number' ? note : hz(note);
    const start = Math.round(at * RATE);
    for (let i = 0; i < seconds * RATE; i += 1) {
      const t = i / RATE;
      const env = Math.exp((-4.5 * t) / seconds) * Math.min(1, t * 400) * Math.min(1, (seconds - t) * 20);
      const mod = depth * Math.exp((-9 * t) / seconds) * Math.sin(2 * Math.PI * f * ratio * t);
      this.add(start + i, Math.sin(2 * Math.PI * f * t + mod) * env * gain, pan);
    }
  }

  /** A slow chord of detuned soft saws. */
  pad(notes, at, seconds, { gain = 0.06, attack = 1.2, release = 1.6, dark = 4 } = {}) {
    const start = Math.round(at * RATE);
    const total = seconds + release;
    for (const [index, note] of notes.entries()) {
      for (const [side, detune] of [
        [-0.6, 0.9975],
        [0.6, 1.0025],
      ]) {
        const f = hz(note) * detune;
        for (let i = 0; i < total * RATE; i += 1) {
          const t = i / RATE;
          const env = Math.min(1, t / attack) * (t > seconds ? 1 - (t - seconds) / release : 1);
          let s = 0;
          for (let h = 1; h <= dark; h += 1) s += Math.sin(2 * Math.PI * f * h * t + index) / (h * h);
          this.add(start + i, s * env * gain * (0.85 + 0.15 * Math.sin(t * 1.3 + index)), side);
        }
      }
    }
  }

  /** A round bass tone. */
  bass(note, at, seconds, { gain = 0.28, pan = 0 } = {}) {
    const f = hz(note);
    const start = Math.round(at * RATE);
    for (let i = 0; i < seconds * RATE; i += 1) {
      const t = i / RATE;
      const env = Math.min(1, t * 90) * Math.exp(-1.6 * t) * Math.min(1, (seconds - t) * 30);
      const s = Math.sin(2 * Math.PI * f * t) + 0.35 * Math.sin(4 * Math.PI * f * t) * Math.exp(-5 * t);
      this.add(start + i, s * env * gain, pan);
    }
  }

  kick(at, gain = 0.5) {
    const start = Math.round(at * RATE);
    for (let i = 0; i < 0.32 * RATE; i += 1) {
      const t = i / RATE;
      this.add(
        start + i,
        Math.sin(2 * Math.PI * (46 * t + 3.4 * (1 - Math.exp(-32 * t)))) * Math.exp(-11 * t) * gain,
        0,
      );
    }
  }

  /** A burst of high noise: hat, brush, shaker by its length. */
  hat(at, { gain = 0.08, seconds = 0.06, pan = 0.2 } = {}) {
    const start = Math.round(at * RATE);
    let last = 0;
    for (let i = 0; i < seconds * RATE; i += 1) {
      const white = this.rand() * 2 - 1;
      this.add(start + i, (white - last) * Math.exp((-5 * i) / (seconds * RATE)) * gain, pan);
      last = white;
    }
  }

  /** A dull knock of wood at the given pitch. */
  knock(at, f = 700, gain = 0.25, pan = 0) {
    const start = Math.round(at * RATE);
    for (let i = 0; i < 0.12 * RATE; i += 1) {
      const t = i / RATE;
      const s = Math.sin(2 * Math.PI * f * t) + 0.5 * Math.sin(2 * Math.PI * f * 2.76 * t);
      this.add(start + i, s * Math.exp(-60 * t) * gain, pan);
    }
  }

  /** Filtered noise for sea, wind and rain: `level(t)` and `tone(t)` 0…1 over the whole length. */
  noise(at, seconds, level, tone) {
    const start = Math.round(at * RATE);
    let a = 0;
    let b = 0;
    for (let i = 0; i < seconds * RATE; i += 1) {
      const t = i / RATE;
      const k = tone(t);
      a += k * (this.rand() * 2 - 1 - a);
      b += k * (this.rand() * 2 - 1 - b);
      if (start + i < this.length && start + i >= 0) {
        this.left[start + i] += a * level(t);
        this.right[start + i] += b * level(t);
      }
    }
  }

  /** A room after Schroeder: four combs and two all-passes a side, mixed in at `wet`. */
  reverb(wet = 0.25, size = 1) {
    for (const [channel, spread] of [
      [this.left, 0],
      [this.right, 23],
    ]) {
      const dry = channel.slice();
      const sum = new Float32Array(this.length);
      for (const d of [1557, 1617, 1491, 1422]) {
        const delay = Math.round(d * size) + spread;
        const line = new Float32Array(delay);
        let low = 0;
        for (let i = 0; i < this.length; i += 1) {
          const out = line[i % delay];
          low = out * 0.7 + low * 0.3;
          line[i % delay] = dry[i] + low * 0.84;
          sum[i] += out * 0.25;
        }
      }
      for (const delay of [225 + spread, 556 + spread]) {
        const line = new Float32Array(delay);
        for (let i = 0; i < this.length; i += 1) {
          const out = line[i % delay];
          const put = sum[i] + out * 0.5;
          line[i % delay] = put;
          sum[i] = out - put * 0.5;
        }
      }
      for (let i = 0; i < this.length; i += 1) channel[i] = dry[i] * (1 - wet * 0.4) + sum[i] * wet;
    }
    return this;
  }

  /** Fades both ends, brings the peak to -2 dBFS, writes a 16-bit stereo WAV file. */
  save(path, { fadeIn = 0.05, fadeOut = 2 } = {}) {
    let peak = 1e-6;
    for (let i = 0; i < this.length; i += 1) {
      const fade = Math.min(1, i / (fadeIn * RATE), (this.length - 1 - i) / (fadeOut * RATE));
      this.left[i] = Math.tanh(this.left[i] * fade);
      this.right[i] = Math.tanh(this.right[i] * fade);
      peak = Math.max(peak, Math.abs(this.left[i]), Math.abs(this.right[i]));
    }
    const data = Buffer.alloc(44 + this.length * 4);
    data.write('RIFF', 0);
    data.writeUInt32LE(36 + this.length * 4, 4);
    data.write('WAVEfmt ', 8);
    data.writeUInt32LE(16, 16);
    data.writeUInt16LE(1, 20);
    data.writeUInt16LE(2, 22);
    data.writeUInt32LE(RATE, 24);
    data.writeUInt32LE(RATE * 4, 28);
    data.writeUInt16LE(4, 32);
    data.writeUInt16LE(16, 34);
    data.write('data', 36);
    data.writeUInt32LE(this.length * 4, 40);
    const scale = (0.794 / peak) * 32_767;
    for (let i = 0; i < this.length; i += 1) {
      data.writeInt16LE(Math.round(this.left[i] * scale), 44 + i * 4);
      data.writeInt16LE(Math.round(this.right[i] * scale), 46 + i * 4);
    }
    writeFileSync(path, data);
  }
}
