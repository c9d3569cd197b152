import { ok, type Result } from '#shared/kernel/result.ts';
import type { ContentReadFault, OpenContent } from '#shared/media/container/content-reader.ts';

/** As many bytes of an opened copy from `offset` on as there are, at most `length`. */
export async function plaintextOf(
  content: Pick<OpenContent, 'read'>,
  offset: number,
  length: number,
): Promise<Result<Buffer, ContentReadFault>> {
  const into = Buffer.alloc(length);
  const read = await content.read(offset, into);
  return read.ok ? ok(into.subarray(0, read.value)) : read;
}
