/**
 * Identifiers. All ids that the fleet makes are UUID version 7 (RFC 9562) in lower case, so that they sort by the
 * time they were made; `TerminalId` is the name in the terminal's certificate (3 to 32 of `a-z 0-9 -`).
 */
export type Branded<T, B extends string> = T & { readonly __brand: B };

export type TitleId = Branded<string, 'TitleId'>;
export type EditionId = Branded<string, 'EditionId'>;
export type CopyId = Branded<string, 'CopyId'>;
export type RentalId = Branded<string, 'RentalId'>;
export type ReturnId = Branded<string, 'ReturnId'>;
export type MediumId = Branded<string, 'MediumId'>;
export type MemberId = Branded<string, 'MemberId'>;
export type ReservationId = Branded<string, 'ReservationId'>;
export type TariffId = Branded<string, 'TariffId'>;
export type EventId = Branded<string, 'EventId'>;
export type TerminalId = Branded<string, 'TerminalId'>;
export type SiteId = Branded<string, 'SiteId'>;

export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const TERMINAL_ID_PATTERN = /^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$/;

/**
 * A UUID version 7 from a wall-clock time in milliseconds and ten random bytes.
 * Pure: the caller brings time and chance.
 */
export function uuidv7(epochMs: number, random: Uint8Array): string {
  if (!Number.isSafeInteger(epochMs) || epochMs < 0 || epochMs >= 2 ** 48)
    throw new RangeError('epochMs must fit 48 bits');
  if (random.length < 10) throw new RangeError('uuidv7 needs ten random bytes');
  const time = epochMs.toString(16).padStart(12, '0');
  const bytes = Array.from(random.subarray(0, 10));
  bytes[0] = ((bytes[0] ?? 0) & 0x0f) | 0x70;
  bytes[2] = ((bytes[2] ?? 0) & 0x3f) | 0x80;
  const tail = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`;
}
