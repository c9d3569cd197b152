import { describe, expect, it } from 'vitest';
import { ok } from '#shared/kernel/result.ts';
import type { ByteSource } from '#shared/ports/byte-source.ts';
import type { LargeFileWriter } from '#shared/ports/media-drive.ts';
import { value } from '#test/support/media-story.ts';
import { freshIdentity } from './age-header.ts';
import { openContent } from './content-reader.ts';
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
});
