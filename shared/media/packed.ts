import { createHash } from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import type { SignedParts } from './signing.ts';

/**
 * A signed document in a block of fixed size (MS-13): magic, length, SHA-256 of the rest (tells a torn block from a forged one), then header,
 * payload, signature and two certificates, each with its length in front; zeros to the end.
 */
const MAGIC = Buffer.from('KTPACK1\n', 'ascii');
const FIXED = MAGIC.length + 4 + 32;

export function pack(parts: SignedParts, blockBytes: number): Uint8Array {
  assert(parts.chain.length === 2, 'a chain has two certificates');
  const fields = [parts.protectedHeader, parts.payload, parts.signature, ...parts.chain];
  const body = Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(field.length);
      return [length, field];
    }),
  );
  assert(FIXED + body.length <= blockBytes, `a signed record of ${body.length} bytes fits its block`);
  const block = Buffer.alloc(blockBytes);
  MAGIC.copy(block);
  block.writeUInt32BE(body.length, MAGIC.length);
  createHash('sha256')
    .update(body)
    .digest()
    .copy(block, MAGIC.length + 4);
  body.copy(block, FIXED);
  return block;
}

/** The parts of a packed block, or null: empty, torn, or not one of ours. Never throws. */
export function unpack(block: Uint8Array): SignedParts | null {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
  if (bytes.length < FIXED || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const length = bytes.readUInt32BE(MAGIC.length);
  if (length > bytes.length - FIXED) return null;
  const body = bytes.subarray(FIXED, FIXED + length);
  const hash = createHash('sha256').update(body).digest();
  if (!hash.equals(bytes.subarray(MAGIC.length + 4, FIXED))) return null;
  const fields: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    if (at + 2 > body.length || fields.length === 5) return null;
    const fieldLength = body.readUInt16BE(at);
    if (at + 2 + fieldLength > body.length) return null;
    fields.push(Uint8Array.from(body.subarray(at + 2, at + 2 + fieldLength)));
    at += 2 + fieldLength;
  }
  const [protectedHeader, payload, signature, device, issuing] = fields;
  if (!protectedHeader || !payload || !signature || !device || !issuing) return null;
  return { protectedHeader, payload, signature, chain: [device, issuing] };
}
