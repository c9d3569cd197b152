import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '#shared/kernel/assert.ts';

/** One page of a controller's memory: what is written in one go, and what a power cut may tear. */
export const PAGE_BYTES = 8192;
const MAGIC = Buffer.from('KTCELL1\n', 'ascii');
const UNWRITTEN = Buffer.alloc(PAGE_BYTES);
const HEAD_BYTES = MAGIC.length + 8 + 4 + 32;

/** The controller's non-volatile memory: pages of `PAGE_BYTES`, zeros when new. A write is durable when it resolves. */
export interface ControllerMemory {
  read(page: number): Promise<Uint8Array>;
  /** Writes `bytes` from `offset` in the page on. */
  write(page: number, offset: number, bytes: Uint8Array): Promise<void>;
}

/** Memory in memory; `copy` is the same chip at this moment, for tests that stop it again and again. */
export interface VolatileMemory extends ControllerMemory {
  readonly pages: ReadonlyMap<number, Uint8Array>;
  copy(): VolatileMemory;
}

export function volatileMemory(initial: ReadonlyMap<number, Uint8Array> = new Map()): VolatileMemory {
  const pages = new Map([...initial].map(([page, bytes]) => [page, Uint8Array.from(bytes)]));
  return {
    pages,
    read: async (page) => Uint8Array.from(pages.get(page) ?? new Uint8Array(PAGE_BYTES)),
    write: async (page, offset, bytes) => {
      const whole = pages.get(page) ?? new Uint8Array(PAGE_BYTES);
      whole.set(bytes, offset);
      pages.set(page, whole);
    },
    copy: () => volatileMemory(pages),
  };
}

/** Memory in one file outside of the medium's folder: no drive shows it to anybody. */
export const fileMemory = (file: string): ControllerMemory => ({
  read: async (page) => {
    const handle = await open(file, 'r').catch(() => null);
    const bytes = Buffer.alloc(PAGE_BYTES);
    if (handle === null) return bytes;
    try {
      await handle.read(bytes, 0, PAGE_BYTES, page * PAGE_BYTES);
      return bytes;
    } finally {
      await handle.close();
    }
  },
  write: async (page, offset, bytes) => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'r+').catch(() => open(file, 'w+', 0o600));
    try {
      await handle.write(bytes, 0, bytes.length, page * PAGE_BYTES + offset);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  },
});

/**
 * A value that survives a power cut at any moment: two pages written in turn, the whole one with the higher sequence counts. A torn page
 * has another hash than it says and is as good as none.
 */
export class Cell {
  readonly #memory: ControllerMemory;
  readonly #first: number;
  #at: { readonly half: 0 | 1; readonly sequence: bigint; readonly value: Buffer } | null = null;
  /** The page that does not count says exactly what the one that counts says, or was never written. */
  #clean = true;

  constructor(memory: ControllerMemory, first: number) {
    this.#memory = memory;
    this.#first = first;
  }

  /** Reads both pages at power-on. */
  async load(): Promise<void> {
    const pages = [await this.#memory.read(this.#first), await this.#memory.read(this.#first + 1)] as const;
    const [a, b] = pages.map(unpack);
    const newer = (b?.sequence ?? -1n) > (a?.sequence ?? -1n) ? 1 : 0;
    const current = (newer === 1 ? b : a) ?? null;
    const other = (newer === 1 ? a : b) ?? null;
    this.#at = current === null ? null : { half: newer, ...current };
    this.#clean =
      current === null
        ? pages.every((page) => UNWRITTEN.equals(page))
        : (other?.value.equals(current.value) ?? false);
  }

  /** What counts; null: never written. */
  value(): Uint8Array | null {
    return this.#at?.value ?? null;
  }

  /** Writes beside the current value: should power fail, either the old or the new one counts. */
  async write(value: Uint8Array): Promise<void> {
    const half = this.#at?.half === 0 ? 1 : 0;
    const sequence = (this.#at?.sequence ?? 0n) + 1n;
    await this.#memory.write(this.#first + half, 0, pack(sequence, value));
    this.#clean = this.#at?.value.equals(Buffer.from(value)) ?? false;
    this.#at = { half, sequence, value: Buffer.from(value) };
  }

  /** Leaves nothing of older or torn values behind: both pages say the current one, or nothing. */
  async scrub(): Promise<void> {
    if (this.#clean) return;
    if (this.#at !== null) return this.write(this.#at.value);
    for (const half of [0, 1]) await this.#memory.write(this.#first + half, 0, new Uint8Array(PAGE_BYTES));
    this.#clean = true;
  }
}

function pack(sequence: bigint, value: Uint8Array): Uint8Array {
  assert(HEAD_BYTES + value.length <= PAGE_BYTES, `a value of ${value.length} bytes fits its page`);
  const page = Buffer.alloc(PAGE_BYTES);
  MAGIC.copy(page);
  page.writeBigUInt64BE(sequence, MAGIC.length);
  page.writeUInt32BE(value.length, MAGIC.length + 8);
  page.set(value, HEAD_BYTES);
  digest(page, value.length).copy(page, MAGIC.length + 12);
  return page;
}

function unpack(page: Uint8Array): { readonly sequence: bigint; readonly value: Buffer } | null {
  const bytes = Buffer.from(page);
  if (bytes.length !== PAGE_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const length = bytes.readUInt32BE(MAGIC.length + 8);
  if (length > PAGE_BYTES - HEAD_BYTES) return null;
  if (!digest(bytes, length).equals(bytes.subarray(MAGIC.length + 12, HEAD_BYTES))) return null;
  return {
    sequence: bytes.readBigUInt64BE(MAGIC.length),
    value: bytes.subarray(HEAD_BYTES, HEAD_BYTES + length),
  };
}

const digest = (page: Buffer, length: number): Buffer =>
  createHash('sha256')
    .update(page.subarray(0, MAGIC.length + 12))
    .update(page.subarray(HEAD_BYTES, HEAD_BYTES + length))
    .digest();
