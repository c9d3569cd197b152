import type { z } from 'zod';
import { assert } from '#shared/kernel/assert.ts';
import { err, type Fault, ok, type Result } from '#shared/kernel/result.ts';

/** One environment variable of a program: how it is read, what holds without it, and what a person must know to set it. */
export interface Setting<T> {
  /** Reads the text of the variable: use `z.coerce` for numbers. Never sees an absent variable. */
  readonly schema: z.ZodType<T>;
  /** What holds when the variable is absent; `required` ends the start instead. */
  readonly default: T | 'required';
  /** Unit of the value, such as `ms`, `bytes`, `TCP port`; empty where it has none. */
  readonly unit: string;
  readonly description: string;
  /** True for passwords and keys: `describeSettings` and faults never show the value. */
  readonly secret?: boolean;
}

export type Settings = { readonly [name: string]: Setting<unknown> };
export type Values<S extends Settings> = {
  readonly [N in keyof S]: S[N] extends Setting<infer T> ? Exclude<T, 'required'> : never;
};
export type SettingFault = Fault<'setting_missing' | 'setting_malformed'>;

/** Builds one setting with its type inferred from its schema. */
export const setting = <T>(parts: Setting<T>): Setting<T> => parts;

/** Declares a program's settings by the names of their variables. */
export function defineSettings<S extends Settings>(settings: S): S {
  for (const name of Object.keys(settings))
    assert(/^[A-Z][A-Z0-9_]*$/.test(name), `a setting is named like an environment variable, not ${name}`);
  return settings;
}

/**
 * Reads all settings from an environment; an empty variable counts as absent. Answers every fault at once, each naming the variable,
 * what is wrong with its value and what to do: `setting_missing`, `setting_malformed`.
 */
export function readSettings<S extends Settings>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>>,
): Result<Values<S>, readonly SettingFault[]> {
  const values: Record<string, unknown> = {};
  const faults: SettingFault[] = [];
  for (const [name, one] of Object.entries(settings)) {
    const text = environment[name];
    if (text === undefined || text === '') {
      if (one.default === 'required') faults.push(missing(name, one));
      else values[name] = one.default;
      continue;
    }
    const parsed = one.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(malformed(name, one, text, parsed.error.issues[0]?.message ?? 'not readable'));
  }
  return faults.length === 0 ? ok(values as Values<S>) : err(faults);
}

export interface SettingDescription {
  readonly name: string;
  readonly default: string;
  readonly unit: string;
  readonly description: string;
}

/** What `npm run keyturn -- config` prints: one row per variable, in the order of their declaration. */
export function describeSettings(settings: Settings): readonly SettingDescription[] {
  return Object.entries(settings).map(([name, one]) => ({
    name,
    default: defaultText(one),
    unit: one.unit,
    description: one.description,
  }));
}

function defaultText(one: Setting<unknown>): string {
  if (one.default === 'required') return '(required)';
  if (one.default === null || one.default === undefined || one.default === '') return '(none)';
  return one.secret === true ? '(hidden)' : String(one.default);
}

function missing(name: string, one: Setting<unknown>): SettingFault {
  return {
    code: 'setting_missing',
    message: `${name} is not set: ${one.description}. Set it${inUnit(one)} and start again.`,
    details: { name },
  };
}

function malformed(name: string, one: Setting<unknown>, text: string, problem: string): SettingFault {
  const shown = one.secret === true ? 'its value' : JSON.stringify(text.slice(0, 80));
  const remedy = one.default === 'required' ? 'Correct it' : 'Correct it, or remove it to take the default';
  return {
    code: 'setting_malformed',
    message: `${name}: ${shown} cannot be used (${problem}). ${remedy}${inUnit(one)}: ${one.description}.`,
    details: { name },
  };
}

const inUnit = (one: Setting<unknown>): string => (one.unit === '' ? '' : ` (in ${one.unit})`);
