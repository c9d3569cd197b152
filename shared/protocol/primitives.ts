import { z } from 'zod';
import type {
  CopyId,
  EditionId,
  EventId,
  MediumId,
  RentalId,
  ReservationId,
  ReturnId,
  SiteId,
  TariffId,
  TerminalId,
  TitleId,
} from '#shared/kernel/ids.ts';
import { TERMINAL_ID_PATTERN, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { CURRENCIES, type Currency, type Money } from '#shared/kernel/money.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { LIMITS } from './limits.ts';

/** Building blocks of all wire schemas: each is bounded, none fills in a missing fact. */
const uuid = <T extends string>() =>
  z
    .string()
    .regex(UUID_PATTERN)
    .transform((value) => value as T);

export const titleId = uuid<TitleId>();
export const editionId = uuid<EditionId>();
export const copyId = uuid<CopyId>();
export const rentalId = uuid<RentalId>();
export const returnId = uuid<ReturnId>();
export const mediumId = uuid<MediumId>();
export const reservationId = uuid<ReservationId>();
export const tariffId = uuid<TariffId>();
export const siteId = uuid<SiteId>();
export const eventId = uuid<EventId>();
export const terminalId = z
  .string()
  .regex(TERMINAL_ID_PATTERN)
  .transform((value) => value as TerminalId);
/** Opaque name of a member at terminals (SEC-6): means nothing outside the hub. */
export const memberToken = z.string().regex(/^mt_[A-Za-z0-9_-]{22,64}$/);
export const instant = z
  .int()
  .min(0)
  .max(253_402_300_799_000)
  .transform((value) => value as EpochMs);
export const count = z.int().min(0);
/** How many of something a terminal says it has: no fleet comes near it, and what is added up of them can be stored. */
export const figure = z.int().min(0).max(1_000_000_000);
export const base64url = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .regex(/^[A-Za-z0-9_-]*$/);
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
export const jws = z
  .string()
  .max(LIMITS.jwsChars)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
export const code = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/);
export const currency = z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]);
export const moneySchema = z.object({ minor: z.int(), currency }) satisfies z.ZodType<Money>;
/** A title's text in the languages of the screens; `en` always, others where they exist. */
export const localised = z.object({
  en: z.string().max(2000),
  ja: z.string().max(2000).optional(),
  de: z.string().max(2000).optional(),
  /** How `ja` is read, in kana: names are searched for and sorted by it. */
  kana: z.string().max(2000).optional(),
});
export type Localised = z.infer<typeof localised>;
