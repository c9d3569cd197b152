import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, Encrypter } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { value } from '#test/support/media-story.ts';
import { plaintextOf } from '#test/support/plaintext.ts';
import { bytesSource } from '../bytes-source.ts';
import { createHeader, freshIdentity, openHeader } from './age-header.ts';
import { type OpenContent, openContent, type ReadRange } from './content-reader.ts';
import { planContent, streamContent } from './content-writer.ts';
import { chunksOf, cipherBytesOf, plaintextBytesOf } from './payload.ts';

const bytes = (length: number): Buffer => {
  const out = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) out[at] = (at * 7 + (at >> 8)) & 0xff;
  return out;
};

async function encrypt(plaintext: Uint8Array) {
  const key = await freshIdentity();
  const plan = value(await planContent(key.recipient, plaintext.length, Buffer.alloc(16, 3)));
  const medium = await memoryMedium('m').open();
  await medium.makeDirectory('KEYTURN');
  const writer = value(await medium.createLarge('KEYTURN/c', plan.totalBytes));
  const options = { hashChunks: new Set<number>(), onProgress: () => ok(undefined) };
  value(await streamContent(plan, bytesSource(plaintext), writer, options));
  value(await writer.finish());
  const file = value(await medium.readSmall('KEYTURN/c', plan.totalBytes)) ?? new Uint8Array(0);
  return { ...key, file, plan };
}

const open = (file: Uint8Array, identity: string) =>
  openContent(async (offset, length) => ok(file.slice(offset, offset + length)), file.length, identity);

const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_048_576, 1_048_577, 2_200_000];

describe('content', () => {
  it.each(SIZES)('MS-5 MED-1: %i bytes are opened by Debian’s age and by age-encryption', async (size) => {
    const plaintext = bytes(size);
    const { file, identity } = await encrypt(plaintext);
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-age-'));
    writeFileSync(join(folder, 'key'), `${identity}\n`);
    writeFileSync(join(folder, 'c.age'), file);
    const opened = execFileSync('age', ['-d', '-i', join(folder, 'key'), join(folder, 'c.age')], {
      maxBuffer: 1 << 24,
    });
    expect(opened.equals(plaintext)).toBe(true);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(Buffer.from(await decrypter.decrypt(file)).equals(plaintext)).toBe(true);
  });

  it.each(SIZES)('MS-5 MED-1: %i bytes encrypted by Debian’s age are read here', async (size) => {
    const plaintext = bytes(size);
    const { identity, recipient } = await freshIdentity();
    const file = execFileSync('age', ['-r', recipient], { input: plaintext, maxBuffer: 1 << 24 });
    const content = value(await open(file, identity));
    expect(content.plaintextBytes).toBe(size);
    expect(Buffer.from(value(await plaintextOf(content, 0, size + 10))).equals(plaintext)).toBe(true);
  });

  it('MS-6: any range of plaintext comes out as it went in', async () => {
    const plaintext = bytes(400_000);
    const { file, identity } = await encrypt(plaintext);
    const content = value(await open(file, identity));
    await fc.assert(
      fc.asyncProperty(fc.nat(450_000), fc.nat(200_000), async (offset, length) => {
        const read = value(await plaintextOf(content, offset, length));
        expect(Buffer.from(read).equals(plaintext.subarray(offset, offset + length))).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('MS-6: who reads from front to back has the next run asked for already; a failure of that is asked again, and a leap asks nothing ahead', async () => {
    const MIB = 1_048_576;
    const plaintext = bytes(5 * MIB + 70_000);
    const { file, identity, plan } = await encrypt(plaintext);
    const asked: number[] = [];
    let failing = -1;
    const range: ReadRange = async (offset, length) => {
      const run = (offset - plan.head.length) / (16 * 65_552);
      asked.push(run);
      if (run !== failing) return ok(file.slice(offset, offset + length));
      failing = -1;
      return fault('content_unreadable', 'once');
    };
    const content = value(await openContent(range, file.length, identity));
    const read = async (at: number): Promise<number[]> => {
      asked.length = 0;
      const piece = value(await plaintextOf(content, at * MIB, MIB));
      expect(Buffer.from(piece).equals(plaintext.subarray(at * MIB, (at + 1) * MIB))).toBe(true);
      return [...asked];
    };
    expect(await read(0)).toEqual([0]);
    expect(await read(1)).toEqual([1, 2]);
    failing = 3;
    expect(await read(2)).toEqual([3]);
    expect(await read(3)).toEqual([4, 3]);
    expect(await read(4)).toEqual([5]);
    expect(await read(0)).toEqual([0]);
    expect(await read(3)).toEqual([3]);
    const end = value(await plaintextOf(content, 5 * MIB, MIB));
    expect(Buffer.from(end).equals(plaintext.subarray(5 * MIB))).toBe(true);
  });

  it('MS-5: lengths: what a plaintext takes and what a file of a length holds are inverse', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (size) => {
        expect(plaintextBytesOf(cipherBytesOf(size))).toBe(size);
        expect(chunksOf(size)).toBe(Math.ceil(cipherBytesOf(size) / 65_552));
      }),
      { seed: 2 },
    );
    for (const length of [0, 15, 65_552 + 1, 65_552 + 16]) expect(plaintextBytesOf(length)).toBe(null);
  });
});

/** Reads chunk by chunk until something is refused; answers what came out before. */
async function drain(content: OpenContent): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < content.plaintextBytes; offset += 65_536) {
    const read = await plaintextOf(content, offset, 65_536);
    if (!read.ok) break;
    parts.push(read.value);
  }
  return Buffer.concat(parts);
}

describe('damaged content', () => {
  const CHUNK = 65_552;

  it('MS-7 MED-2: flipped, cut, extended, spliced, reordered: only bytes before the damaged chunk ever come out', async () => {
    const plaintext = bytes(5 * 65_536 + 100);
    const { file, identity, plan } = await encrypt(plaintext);
    const start = plan.head.length;
    const other = (await encrypt(bytes(5 * 65_536 + 100))).file;
    const chunk = (source: Uint8Array, index: number) =>
      source.subarray(start + index * CHUNK, Math.min(source.length, start + (index + 1) * CHUNK));
    const head = file.subarray(0, start);
    const chunks = [0, 1, 2, 3, 4, 5].map((index) => chunk(file, index));
    const damage = fc.oneof(
      fc.nat(file.length - 1).map((at) => {
        const copy = Uint8Array.from(file);
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      }),
      fc.nat(file.length - 1).map((length) => file.slice(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 70_000 }).map((tail) => Buffer.concat([file, tail])),
      fc
        .tuple(fc.nat(5), fc.nat(5))
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => {
          const moved = [...chunks];
          const first = moved[a] ?? new Uint8Array(0);
          moved[a] = moved[b] ?? new Uint8Array(0);
          moved[b] = first;
          return Buffer.concat([head, ...moved]);
        }),
      fc.nat(5).map((at) => Buffer.concat([head, ...chunks.filter((_, index) => index !== at)])),
      fc
        .nat(5)
        .map((at) =>
          Buffer.concat([head, ...chunks.map((own, index) => (index === at ? chunk(other, at) : own))]),
        ),
      fc.nat(4).map((at) => Buffer.concat([head, ...chunks.slice(0, at + 1)])),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (damaged) => {
        const opened = await open(damaged, identity);
        if (!opened.ok) return;
        const out = await drain(opened.value);
        let intact = 0;
        while (intact < 6 && Buffer.from(chunk(damaged, intact)).equals(Buffer.from(chunks[intact] ?? [])))
          intact += 1;
        expect(out.length).toBeLessThanOrEqual(Math.min(plaintext.length, intact * 65_536));
        expect(out.equals(plaintext.subarray(0, out.length))).toBe(true);
        const beyond = await plaintextOf(opened.value, intact * 65_536, 65_536);
        if (intact < 6 && beyond.ok) expect(beyond.value.length).toBe(0);
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  it('MS-7 MED-2: once a damaged chunk was met, nothing behind it is handed out either', async () => {
    const { file, identity, plan } = await encrypt(bytes(5 * 65_536));
    file[plan.head.length + CHUNK * 2 + 5] = (file[plan.head.length + CHUNK * 2 + 5] ?? 0) ^ 4;
    const content = value(await open(file, identity));
    expect((await plaintextOf(content, 2 * 65_536, 1)).ok).toBe(false);
    expect(await plaintextOf(content, 3 * 65_536, 1)).toMatchObject({
      error: { code: 'content_damaged', details: { chunk: 2 } },
    });
    expect((await plaintextOf(content, 65_536, 10)).ok).toBe(true);
  });

  it('MS-7: a file cut anywhere is refused when it is opened', async () => {
    const { file, identity, plan } = await encrypt(bytes(200_000));
    for (const length of [0, 10, plan.head.length, plan.head.length + CHUNK, file.length - 1])
      expect((await open(file.slice(0, length), identity)).ok, `${length}`).toBe(false);
  });

  it('MS-7: hostile headers never crash and never open', async () => {
    const { identity, recipient } = await freshIdentity();
    const { header } = await createHeader([recipient]);
    expect((await openHeader(header, identity)).ok).toBe(true);
    const hostile = [fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.nat(header.length - 1)] as const;
    await fc.assert(
      fc.asyncProperty(...hostile, async (noise, at) => {
        const mixed = Buffer.concat([header.subarray(0, at), noise, header.subarray(at)]);
        expect((await openHeader(mixed, identity)).ok).toBe(false);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it('RNT-4: every key, header and file of the same content differs', async () => {
    const one = await encrypt(bytes(10));
    const two = await encrypt(bytes(10));
    expect(one.identity).not.toBe(two.identity);
    expect(Buffer.from(one.file).equals(Buffer.from(two.file))).toBe(false);
  });

  it('MS-5: the header kept for a file is not reused with the nonce it was made with', async () => {
    const { recipient, identity } = await freshIdentity();
    const { header, fileKey } = await createHeader([recipient]);
    expect(Buffer.from(header).toString('latin1')).toMatch(/\n--- [A-Za-z0-9+/]{43}\n$/);
    expect(Buffer.from(value(await openHeader(header, identity)).fileKey).equals(Buffer.from(fileKey))).toBe(
      true,
    );
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    expect((await encrypter.encrypt('')).length).toBe(header.length + 32);
  });
});
