import { z } from 'zod';
import { TERMINAL_ID_PATTERN, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { CURRENCIES } from '#shared/kernel/money.ts';
import { isStorable } from '#shared/kernel/storable.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** Building blocks of the medium's schemas: every string and number has a bound (MS-3). */
export const uuid = <Id extends string>() =>
  z
    .string()
    .regex(UUID_PATTERN)
    .transform((value) => value as Id);
export const terminalId = z.string().regex(TERMINAL_ID_PATTERN);
export const epoch = z
  .int()
  .min(0)
  .max(8_640_000_000_000_000)
  .transform((value) => value as EpochMs);
export const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const currency = z.enum(Object.keys(CURRENCIES) as [keyof typeof CURRENCIES]);
export const text = (limit: number) => z.string().max(limit);
export const ageRecipient = z.string().regex(/^age1[02-9ac-hj-np-z]{58}$/);

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Deeper than any tariff or calendar; a signed nest of brackets beyond it could be read, but not written again. */
const SNAPSHOT_LEVELS = 16;

/** A snapshot that belongs to another room (tariff, site): carried unread here, decoded by its owner; bounded as text and in depth. */
export const snapshot = (limitCharacters: number) =>
  z
    .record(z.string().max(100), z.unknown())
    .refine((value) => isStorable(value, SNAPSHOT_LEVELS), { message: 'snapshot too deep', abort: true })
    .refine((value) => JSON.stringify(value).length <= limitCharacters, 'snapshot too long')
    .transform((value) => value as JsonObject);
