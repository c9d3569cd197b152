import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * An object at rest: AES-256-GCM in records of 256 KiB under a key that only this object has, so a record's number may be its nonce. The last
 * record is marked in the nonce (the STREAM construction, Hoang et al. 2015), and object and number are authenticated: records cannot be cut
 * off, moved or exchanged.
 */
export const RECORD_BYTES = 256 * 1024;
const TAG_BYTES = 16;
export const SEALED_RECORD_BYTES = RECORD_BYTES + TAG_BYTES;

export function sealRecord(
  key: Uint8Array,
  objectId: string,
  index: number,
  last: boolean,
  plain: Uint8Array,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, last));
  cipher.setAAD(nameOf(objectId));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Null: not what was sealed as this record of this object. */
export function openRecord(
  key: Uint8Array,
  objectId: string,
  index: number,
  last: boolean,
  sealed: Uint8Array,
): Buffer | null {
  if (sealed.length < TAG_BYTES) return null;
  const cipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, last));
  cipher.setAAD(nameOf(objectId));
  cipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), cipher.final()]);
  } catch {
    return null;
  }
}

/** Length of the content in a file of so many bytes; null: no whole number of records has this length. */
export function plainBytesOf(fileBytes: number): number | null {
  const records = Math.max(1, Math.ceil(fileBytes / SEALED_RECORD_BYTES));
  const bytes = fileBytes - records * TAG_BYTES;
  return bytes < 0 || (records > 1 && bytes <= (records - 1) * RECORD_BYTES) ? null : bytes;
}

/** Cuts a stream into records; the last one is known as such, an empty stream is one empty record. */
export async function* inRecords(
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<{ readonly plain: Uint8Array; readonly last: boolean }> {
  let held = Buffer.allocUnsafe(RECORD_BYTES);
  let filled = 0;
  for await (const block of source)
    for (let from = 0; from < block.length; ) {
      if (filled === RECORD_BYTES) {
        yield { plain: held, last: false };
        held = Buffer.allocUnsafe(RECORD_BYTES);
        filled = 0;
      }
      const part = block.subarray(from, from + RECORD_BYTES - filled);
      held.set(part, filled);
      filled += part.length;
      from += part.length;
    }
  yield { plain: held.subarray(0, filled), last: true };
}

function nonceOf(index: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

const nameOf = (objectId: string): Uint8Array => Buffer.from(`keyturn object ${objectId}`);
