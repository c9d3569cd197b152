import { bigint, text } from 'drizzle-orm/pg-core';
import type { Currency } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** A point in time: whole epoch milliseconds, as everywhere in Keyturn. */
export const at = () => bigint({ mode: 'number' }).$type<EpochMs>();
/** Whole minor units of money, or whole points. */
export const amount = () => bigint({ mode: 'number' });
/** A counter that outgrows 32 bits. */
export const counter = () => bigint({ mode: 'number' });
export const currency = () => text().$type<Currency>();
/** An id that we made ourselves (UUID version 7 or a terminal's name), branded for the types. */
export const id = <T extends string>() => text().$type<T>();
