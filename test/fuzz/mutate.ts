import type { Chance } from './chance.ts';

/** Texts that parsers, databases and terminals of other people have stumbled over. */
const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\u202e\u2066',
  '❤️‍🔥',
  'ﷺ'.repeat(40),
  'e\u0301'.repeat(60),
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  '%00%2e%2e%2f',
  "'; DROP TABLE rentals; --",
  '<script>alert(1)</script>',
  '{{7*7}}#{7*7}',
  'null',
  'NaN',
  '-0',
  '1e999',
  '0x10',
  '2026-02-30',
  '24:00',
  'Etc/GMT+99',
  'a'.repeat(70),
  'a'.repeat(5000),
  '\n\r\t',
  '𝟙',
];
const NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  -0.1,
  1e-9,
  255,
  256,
  65_536,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  253_402_300_799_000,
  253_402_300_799_001,
  8_640_000_000_000_001,
  1e20,
  1e300,
  -1e300,
];
export const oddText = (chance: Chance): string => chance.pick(TEXTS);

function oddValue(chance: Chance): unknown {
  switch (chance.below(8)) {
    case 0:
      return null;
    case 1:
      return chance.once(2);
    case 2:
    case 3:
      return chance.pick(NUMBERS);
    case 4:
    case 5:
      return chance.pick(TEXTS);
    case 6:
      return chance.pick<unknown>([[], {}, [null], [[]], { minor: 1, currency: 'XXX' }, { length: 3 }]);
    default:
      return nested(chance, chance.pick([3, 30, 300]));
  }
}

function nested(chance: Chance, depth: number): unknown {
  let value: unknown = chance.pick(NUMBERS);
  const inObject = chance.once(2);
  for (let level = 0; level < depth; level += 1) value = inObject ? { a: value } : [value];
  return value;
}

type Tree = Record<string, unknown> | unknown[];
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Every place in a value: the tree and the key at which something stands. */
function placesOf(value: unknown): { readonly at: Tree; readonly key: string }[] {
  const places: { readonly at: Tree; readonly key: string }[] = [];
  const walk = (tree: Tree): void => {
    for (const [key, inner] of Object.entries(tree)) {
      places.push({ at: tree, key });
      if (isTree(inner) && places.length < 5000) walk(inner);
    }
  };
  if (isTree(value)) walk(value);
  return places;
}

/** One to three changes of a JSON value's shape and facts; the value itself stays as it is. */
export function mutateJson(chance: Chance, sample: unknown): unknown {
  let value: unknown = JSON.parse(JSON.stringify(sample));
  for (let times = chance.pick([1, 1, 1, 2, 3]); times > 0; times -= 1) {
    const places = placesOf(value);
    if (places.length === 0 || chance.once(80)) value = oddValue(chance);
    else mutatePlace(chance, chance.pick(places), places);
  }
  return value;
}

type Place = { readonly at: Tree; readonly key: string };

function mutatePlace(chance: Chance, { at, key }: Place, places: readonly Place[]): void {
  const now: unknown = Reflect.get(at, key);
  const set = (next: unknown) => Reflect.set(at, key, next);
  switch (chance.below(9)) {
    case 0:
      if (Array.isArray(at)) at.splice(Number(key), 1);
      else Reflect.deleteProperty(at, key);
      return;
    case 1:
      if (!Array.isArray(at)) {
        Reflect.deleteProperty(at, key);
        Reflect.set(at, chance.once(2) ? key.toUpperCase() : `${key} `, now);
      }
      return;
    case 2:
      if (!Array.isArray(at))
        Reflect.set(at, chance.pick(['extra', 'constructor', 'toString', '']), oddValue(chance));
      else at.push(now);
      return;
    case 3: {
      const other = chance.pick(places);
      set(JSON.parse(JSON.stringify(Reflect.get(other.at, other.key) ?? null)));
      return;
    }
    case 4:
      if (Array.isArray(now)) set(Array.from({ length: chance.pick([0, 2, 17, 300]) }, () => now[0] ?? null));
      else set([now]);
      return;
    case 5:
    case 6:
      set(near(chance, now));
      return;
    default:
      set(oddValue(chance));
  }
}

/** A small change of a fact of the same type: the kind that a careless reader lets pass. */
function near(chance: Chance, now: unknown): unknown {
  if (typeof now === 'number') return now + chance.pick([1, -1, 0.5, 1000, -1e12, 2 ** 40]);
  if (typeof now === 'boolean') return !now;
  if (typeof now === 'string') return nearText(chance, now);
  return oddValue(chance);
}

export function nearText(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1);
  switch (chance.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + oddText(chance) + text.slice(at);
    case 2:
      return text.slice(0, at) + String.fromCharCode(32 + chance.below(95)) + text.slice(at + 1);
    case 3:
      return text.toUpperCase();
    case 4:
      return text + text;
    default:
      return `${chance.pick([' ', '\n', '\t', ''])}${text}${chance.pick([' ', '\n', '\u0000', '\r\n'])}`;
  }
}

/** What stands in text only, for a value in memory cannot say it: fields given twice, `__proto__` as a field, numbers no double holds. */
export function mutateJsonText(chance: Chance, text: string): string {
  const opens = [...text.matchAll(/\{(?=")/g)].map((match) => match.index + 1);
  const at = opens.length === 0 ? 0 : chance.pick(opens);
  switch (chance.below(7)) {
    case 0:
      return `${text.slice(0, at)}"__proto__":{"polluted":true,"isAdmin":1},${text.slice(at)}`;
    case 1:
      return `${text.slice(0, at)}"constructor":{"prototype":{"polluted":true}},${text.slice(at)}`;
    case 2: {
      const field = /"[^"]{1,30}":(?:"[^"]{0,60}"|-?\d+|null|true|false)/.exec(text.slice(at))?.[0];
      if (field === undefined) return text;
      const name = field.slice(0, field.indexOf(':'));
      return chance.once(2)
        ? `${text.slice(0, at)}${field},${text.slice(at)}`
        : `${text.slice(0, at)}${name}:${JSON.stringify(oddValue(chance))},${text.slice(at)}`;
    }
    case 3:
      return text.replace(
        /:-?\d+/,
        `:${chance.pick(['1e999', '-1e999', '9'.repeat(400), '0.1e1', '1E0', '01', '+1', '.5'])}`,
      );
    case 4: {
      const depth = chance.once(30) ? 60_000 : chance.pick([40, 3000]);
      return `${text.slice(0, at)}"deep":${'['.repeat(depth)}${']'.repeat(depth)},${text.slice(at)}`;
    }
    case 5:
      return text.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
    default:
      return chance.pick([
        `\ufeff${text}`,
        `${text}${text}`,
        `[${text}]`,
        `${text} `,
        text.slice(0, -1),
        `/**/${text}`,
      ]);
  }
}

/** Flips, truncations, splices, repeats and inserted bytes; `other` gives what is spliced in. */
export function mutateBytes(chance: Chance, bytes: Uint8Array, other: Uint8Array = bytes): Uint8Array {
  let out = Buffer.from(bytes);
  for (let times = chance.pick([1, 1, 2, 4]); times > 0; times -= 1) {
    const at = chance.below(out.length + 1);
    const length = chance.below(Math.min(64, out.length - at + 1));
    switch (chance.below(7)) {
      case 0:
      case 1:
        if (at < out.length) out[at] = (out[at] ?? 0) ^ (1 << chance.below(8));
        break;
      case 2:
        if (at < out.length) out[at] = chance.pick([0, 0xff, 0x80, 0x0a, chance.below(256)]);
        break;
      case 3:
        out = out.subarray(0, at);
        break;
      case 4: {
        const from = chance.below(other.length + 1);
        out = Buffer.concat([
          out.subarray(0, at),
          other.subarray(from, from + length),
          out.subarray(at + length),
        ]);
        break;
      }
      case 5:
        out = Buffer.concat([out.subarray(0, at + length), out.subarray(at)]);
        break;
      default:
        out = Buffer.concat([
          out.subarray(0, at),
          Buffer.alloc(chance.pick([1, 3, 200]), chance.below(256)),
          out.subarray(at),
        ]);
    }
  }
  return out;
}

/** A JSON document changed in value, in text or in bytes. */
export function mutateDocument(chance: Chance, samples: readonly unknown[]): Uint8Array {
  const sample = chance.pick(samples);
  const kind = chance.below(20);
  if (kind === 0) return Buffer.from(JSON.stringify(sample));
  const value = kind < 13 ? mutateJson(chance, sample) : sample;
  let text = JSON.stringify(value) ?? 'undefined';
  if (kind >= 10 && kind < 18) text = mutateJsonText(chance, text);
  const bytes = Buffer.from(text, 'utf8');
  if (kind < 17) return bytes;
  return mutateBytes(chance, bytes, Buffer.from(JSON.stringify(chance.pick(samples))));
}
