/**
 * Whether every text of a decoded JSON value can be kept by the hub's database, and the value is at most `levels` deep: no U+0000 and no half of a
 * character, which PostgreSQL refuses, and no nest of brackets that can be read but not written again (SEC-8).
 */
export function isStorable(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.entries(value).every(([key, inner]) => isStorableText(key) && isStorable(inner, levels - 1));
}

const isStorableText = (text: string): boolean => !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
