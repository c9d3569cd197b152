import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';

const golden = join(import.meta.dirname, '..', 'golden');

/** The golden messages whose name begins so: `batch`, `event.return.intent`. */
export function goldenMessages(prefix: string): readonly Record<string, unknown>[] {
  const root = join(golden, 'protocol');
  const files = readdirSync(root).flatMap((version) =>
    readdirSync(join(root, version))
      .filter((name) => name.startsWith(`${prefix}.`))
      .map((name) => join(root, version, name)),
  );
  assert(files.length > 0, `there is a golden ${prefix}`);
  return files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>);
}

interface Node {
  readonly [key: string]: unknown;
}
const ID = '0199d0c8-1c00-7000-8000-00000000000';
/** Texts for the patterns of our schemas, tried in this order. */
const FITTING = [
  'ja',
  'de-AT',
  ...Array.from({ length: 10 }, (_, digit) => `${ID}${digit}`),
  'kiosk-1',
  'mt_abcdefghijklmnopqrstuvwx',
  'eyJhIjoxfQ.eyJhIjoxfQ.c2ln',
  'a1'.repeat(32),
  'a1'.repeat(16),
  'a1'.repeat(8),
  '1234',
  '12:30',
  '2026-03-06',
  'video/webm',
  'DE',
  `age1${'q'.repeat(58)}`,
  '00',
  'Europe/Berlin',
  'https://example.org/x',
  'access-key-0123456789',
  'player-1',
  'x',
  `${'Ab3_'.repeat(10)}Ab-`,
];

/**
 * Valid values of a schema, made from its JSON Schema: `variant` 0 is the fullest, others choose other branches. Only as good as the schema says; rules
 * between fields are tried by the caller.
 */
export function exampleOf(node: Node, root: Node, variant: number): unknown {
  if (typeof node['$ref'] === 'string') return exampleOf(referred(node['$ref'], root), root, variant);
  if ('const' in node) return node['const'];
  if (Array.isArray(node['enum']))
    return (node['enum'] as unknown[])[variant % (node['enum'] as unknown[]).length];
  const branches = (node['anyOf'] ?? node['oneOf'] ?? node['allOf']) as Node[] | undefined;
  if (branches !== undefined) return exampleOf(branches[variant % branches.length] ?? {}, root, variant);
  const type = Array.isArray(node['type']) ? node['type'][variant % node['type'].length] : node['type'];
  switch (type) {
    case 'object':
      return exampleObject(node, root, variant);
    case 'array': {
      const items = Array.isArray(node['prefixItems']) ? (node['prefixItems'] as Node[]) : null;
      if (items !== null) return items.map((item) => exampleOf(item, root, variant));
      const length = Math.max(Number(node['minItems'] ?? 0), Math.min(1, Number(node['maxItems'] ?? 1)));
      return Array.from({ length }, () =>
        exampleOf((node['items'] as Node | undefined) ?? {}, root, variant),
      );
    }
    case 'string':
      return exampleText(node, variant);
    case 'integer':
    case 'number': {
      const least = Number(node['minimum'] ?? 0);
      const most = Number(node['maximum'] ?? Number.MAX_SAFE_INTEGER);
      return Math.min(most, Math.max(least, variant % 2 === 0 ? least : least + 3));
    }
    case 'boolean':
      return variant % 2 === 0;
    default:
      return null;
  }
}

function exampleObject(node: Node, root: Node, variant: number): unknown {
  const fields = (node['properties'] ?? {}) as Record<string, Node>;
  const required = new Set((node['required'] as string[] | undefined) ?? []);
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => variant % 3 !== 2 || required.has(name))
      .map(([name, field]) => [name, exampleOf(field, root, variant)]),
  );
}

function exampleText(node: Node, variant: number): string {
  const patterns = [
    node['pattern'],
    ...((node['allOf'] as Node[] | undefined) ?? []).map((each) => each['pattern']),
  ];
  const fits = (text: string) =>
    patterns.every((pattern) => typeof pattern !== 'string' || new RegExp(pattern).test(text)) &&
    text.length >= Number(node['minLength'] ?? 0) &&
    text.length <= Number(node['maxLength'] ?? Number.POSITIVE_INFINITY);
  const fitting = FITTING.filter(fits);
  if (fitting.length > 0) return fitting[variant % fitting.length] ?? '';
  return 'xy'.repeat(60).slice(0, Math.max(1, Number(node['minLength'] ?? 1)));
}

function referred(reference: string, root: Node): Node {
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
      root,
    );
  assert(typeof found === 'object' && found !== null, `${reference} exists`);
  return found as Node;
}

/** Samples of a zod schema that it accepts itself; at least one. */
export function samplesOf(schema: z.ZodType, name: string): readonly unknown[] {
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  const samples = Array.from({ length: 7 }, (_, variant) => exampleOf(node, node, variant));
  const sound = samples.filter((sample) => schema.safeParse(sample).success);
  assert(sound.length > 0, `a sample of ${name} can be made: ${schema.safeParse(samples[0]).error?.message}`);
  return sound;
}
