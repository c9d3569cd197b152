/** A document in the compact form of RFC 7515 §7.1, taken apart. */
export interface CompactJws {
  /** What was signed: header and payload as they stand in the text. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 7515 §7.1: three parts of base64url and nothing else; Node would skip other letters, and one document would have many texts. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Null: another form, or a second text of the same document. */
export function readCompact(jws: string): CompactJws | null {
  if (!COMPACT.test(jws)) return null;
  const end = jws.lastIndexOf('.');
  const mark = jws.slice(end + 1);
  const signature = Buffer.from(mark, 'base64url');
  // RFC 4648 §3.5: letters that differ only in bits behind the last byte would be another text of the same document.
  if (signature.toString('base64url') !== mark) return null;
  return { signed: Buffer.from(jws.slice(0, end), 'latin1'), signature };
}

/** What a header or a payload says. Throws on anything that is no JSON in UTF-8. */
export const readJson = (encoded: string): unknown =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64url')));
