import { uuidv7 } from '#shared/kernel/ids.ts';
import type { Clock } from './clock.ts';

/** Chance as a parameter. Real: the operating system's generator; simulated: seeded. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
}

/** A fresh UUID version 7 as an id of the wanted type. */
export const newId = <Id extends string>(clock: Pick<Clock, 'now'>, random: Pick<Random, 'bytes'>): Id =>
  uuidv7(clock.now(), random.bytes(10)) as Id;
