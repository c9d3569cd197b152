/** A key for one filled-in form, so that what is sent twice is done once. Not `randomUUID`, which only a secure context has. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
