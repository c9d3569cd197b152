import type { Branded } from './ids.ts';

/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. Wire, database and edge store use it. */
export type EpochMs = Branded<number, 'EpochMs'>;
/** A point in time in whole seconds since 1970-01-01T00:00:00Z: what charges are computed from (CHG-2). */
export type EpochSeconds = Branded<number, 'EpochSeconds'>;
/** A length of time in whole milliseconds. */
export type Milliseconds = Branded<number, 'Milliseconds'>;
/** A length of time in whole seconds. */
export type Seconds = Branded<number, 'Seconds'>;

export const epochMs = (value: number): EpochMs => whole(value) as EpochMs;
export const epochSeconds = (value: number): EpochSeconds => whole(value) as EpochSeconds;
export const milliseconds = (value: number): Milliseconds => whole(value) as Milliseconds;
export const seconds = (value: number): Seconds => whole(value) as Seconds;

export const minutes = (value: number): Seconds => seconds(value * 60);
export const hours = (value: number): Seconds => seconds(value * 3600);
/** 24 hours. A calendar day is something else: see `shared/domain` for calendar days of a site (CHG-5). */
export const days24 = (value: number): Seconds => seconds(value * 86_400);
export const toMilliseconds = (value: Seconds): Milliseconds => milliseconds(value * 1000);

/** The started second counts as its beginning, for start and stop alike (CHG-2: whole seconds). */
export const toEpochSeconds = (value: EpochMs): EpochSeconds => epochSeconds(Math.floor(value / 1000));
export const toEpochMs = (value: EpochSeconds): EpochMs => epochMs(value * 1000);
export const later = (at: EpochMs, by: Milliseconds): EpochMs => epochMs(at + by);

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  return value;
}
