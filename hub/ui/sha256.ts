/**
 * SHA-256 (FIPS 180-4) in pieces. The browser's own digest wants the whole file in memory and a secure context; an edition may be larger
 * than memory, and a shop's hub may be reached over plain HTTP inside the house.
 */
const ROUND = new Int32Array(64);
const FIRST = new Int32Array(8);
{
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p !== 0)) primes.push(n);
  const fraction = (x: number): number => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
  primes.forEach((prime, i) => {
    ROUND[i] = fraction(Math.cbrt(prime));
    if (i < 8) FIRST[i] = fraction(Math.sqrt(prime));
  });
}

export class Sha256 {
  readonly #state = FIRST.slice();
  readonly #words = new Int32Array(64);
  readonly #rest = new Uint8Array(64);
  #filled = 0;
  #bytes = 0;

  update(data: Uint8Array): void {
    this.#bytes += data.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(64 - this.#filled, data.length);
      this.#rest.set(data.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < 64) return;
      this.#block(this.#rest, 0);
      this.#filled = 0;
    }
    for (; at + 64 <= data.length; at += 64) this.#block(data, at);
    this.#rest.set(data.subarray(at), 0);
    this.#filled = data.length - at;
  }

  /** Ends the computation: the hash in hex. */
  digest(): string {
    const bytes = this.#bytes;
    const padded = new Uint8Array(this.#filled < 56 ? 64 - this.#filled : 128 - this.#filled);
    padded[0] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bytes / 2 ** 29));
    view.setUint32(padded.length - 4, (bytes * 8) >>> 0);
    this.update(padded);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #block(data: Uint8Array, at: number): void {
    const w = this.#words;
    const view = new DataView(data.buffer, data.byteOffset + at, 64);
    for (let i = 0; i < 16; i += 1) w[i] = view.getInt32(i * 4);
    for (let i = 16; i < 64; i += 1) {
      const a = w[i - 15] ?? 0;
      const b = w[i - 2] ?? 0;
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = ((w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1) | 0;
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = this.#state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] ?? 0) + (w[i] ?? 0)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const s = this.#state;
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      s[i] = (s[i] ?? 0) + value;
    });
  }
}

const PIECE = 4 * 1024 * 1024;

/** The SHA-256 of a file in hex, read piece by piece; `seen` counts bytes. Null when `stop` was aborted on the way. */
export async function hashFile(
  file: Blob,
  seen: (bytes: number) => void,
  stop: AbortSignal,
): Promise<string | null> {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += PIECE) {
    if (stop.aborted) return null;
    hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    seen(Math.min(file.size, at + PIECE));
  }
  return stop.aborted ? null : hash.digest();
}
