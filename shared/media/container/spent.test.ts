import { describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { ok } from '#shared/kernel/result.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';
import type { LargeFileWriter } from '#shared/ports/media-drive.ts';
import { value } from '#test/support/media-story.ts';
import { bytesSource } from '../bytes-source.ts';
import { freshIdentity } from './age-header.ts';
import { openContent, type ReadRange } from './content-reader.ts';
import { planContent, streamContent } from './content-writer.ts';
import { releaseBuffer } from './spent.ts';

const MIB = 1024 * 1024;

describe('a buffer that nobody reads any more', () => {
  it('MED-1: is empty at once; a view of a larger one stays as it is', () => {
    const whole = Buffer.alloc(65_536, 7);
    const view = new Uint8Array(65_536).subarray(1, 9).fill(5);
    releaseBuffer(whole);
    releaseBuffer(view);
    releaseBuffer(new Uint8Array(0));
    expect(whole.length).toBe(0);
    expect([...view]).toEqual(Array.from({ length: 8 }, () => 5));
  });

  it('MED-1: a write and the reading of it pile up no memory, however long they are', async () => {
    const { recipient, identity } = await freshIdentity();
    const bytes = 48 * MIB;
    const plan = value(await planContent(recipient, bytes, Buffer.alloc(16, 3)));
    const file = Buffer.alloc(plan.totalBytes);
    let filled = 0;
    const writer: LargeFileWriter = {
      write: async (piece) => {
        file.set(piece, filled);
        filled += piece.length;
        return ok(undefined);
      },
      finish: async () => ok(undefined),
      abort: async () => {},
    };
    const source: ByteSource = {
      bytes,
      read: async (offset, into) => {
        into.fill((offset / MIB) % 251);
        return ok(undefined);
      },
    };
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const look = (): void => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    };
    const onProgress = () => {
      look();
      return ok(undefined);
    };
    value(await streamContent(plan, source, writer, { hashChunks: new Set(), onProgress }));
    const piece = (offset: number, length: number) => Buffer.from(file.subarray(offset, offset + length));
    const content = value(await openContent(async (...range) => ok(piece(...range)), file.length, identity));
    for (let index = 0; index < content.chunkCount; index += 1) {
      value(await content.checkChunk(index));
      look();
    }
    // Two pieces of 1 MiB that are read in turns, and what is on its way.
    expect(most).toBeLessThan(6 * MIB);
  });

  it('MED-1: a leap lets go of what was asked ahead for nobody', async () => {
    const { recipient, identity } = await freshIdentity();
    const plan = value(await planContent(recipient, 6 * MIB, Buffer.alloc(16, 3)));
    const medium = await memoryMedium('m').open();
    await medium.makeDirectory('KEYTURN');
    const writer = value(await medium.createLarge('KEYTURN/c', plan.totalBytes));
    const options = { hashChunks: new Set<number>(), onProgress: () => ok(undefined) };
    value(await streamContent(plan, bytesSource(Buffer.alloc(6 * MIB, 5)), writer, options));
    value(await writer.finish());
    const file = value(await medium.readSmall('KEYTURN/c', plan.totalBytes)) ?? new Uint8Array(0);
    const asked: Buffer[] = [];
    const range: ReadRange = async (offset, length) => {
      const bytes = Buffer.from(file.slice(offset, offset + length).buffer);
      asked.push(bytes);
      return ok(bytes);
    };
    const content = value(await openContent(range, file.length, identity));
    asked.length = 0;
    const into = Buffer.alloc(MIB);
    for (const at of [0, 1, 4]) value(await content.read(at * MIB, into));
    expect(asked.length).toBe(4);
    expect(asked.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
    expect(into.equals(Buffer.alloc(MIB, 5))).toBe(true);
  });
});
