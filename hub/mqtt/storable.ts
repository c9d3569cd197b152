/** PostgreSQL's JSON and text hold neither U+0000 nor half a surrogate pair. In JSON both can only come as escapes. */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89ab][0-9a-f]{2}(?!\\ud[c-f])|d[c-f][0-9a-f]{2})/gi;
const PAIR = /(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/gi;

/** The payload with such escapes replaced by U+FFFD: no text of a terminal may stop the events behind it (SYN-3). */
export function storableText(payload: Uint8Array): Uint8Array {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (!bytes.includes('\\u')) return payload;
  const text = bytes.toString('utf8');
  const paired = text.replace(
    PAIR,
    (_all, slashes: string, high: string, low: string) =>
      slashes + String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)),
  );
  return Buffer.from(paired.replace(UNSTORABLE, '$1\ufffd'), 'utf8');
}
