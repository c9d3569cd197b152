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

/**
 * The same JSON value with every text made storable: U+0000 and half characters become U+FFFD. For whoever passes on texts that came from
 * outside (a medium, a fault's message) in a fact that must never be refused later (SYN-3).
 */
export function madeStorable<T>(value: T): T {
  return made(value) as T;
}

function made(value: unknown): unknown {
  if (typeof value === 'string')
    return isStorableText(value)
      ? value
      : value.replaceAll('\u0000', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
  if (Array.isArray(value)) return value.map(made);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [made(key), made(inner)]));
}
