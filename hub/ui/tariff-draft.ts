import type { Span, Tariff } from '#shared/domain/tariff.ts';
import type { Currency } from '#shared/kernel/money.ts';
import { readAmount, typedAmount } from './amounts.ts';

/** A tariff as a person types it: every field is text until it is read. */
export interface SpanDraft {
  count: string;
  unit: Span['unit'];
}
export interface TariffDraft {
  name: string;
  currency: Currency;
  mode: 'elapsed' | 'cutoff';
  first: SpanDraft;
  further: SpanDraft;
  at: string;
  days: string;
  furtherDays: string;
  firstPrice: string;
  furtherPrice: string;
  graceMinutes: string;
  cap: string;
  keep: string;
  keepAfter: SpanDraft;
  lostFee: string;
  hold: string;
  holdFor: SpanDraft;
  taxPercent: string;
  points: string;
  unbound: boolean;
  licence: SpanDraft;
  startWithinDays: string;
  finishWithinHours: string;
}

const span = (count: number, unit: Span['unit']): SpanDraft => ({ count: String(count), unit });

/** What a new tariff begins with; prices stay empty, for nobody should save one by accident. */
export const emptyDraft = (currency: Currency): TariffDraft => ({
  name: '',
  currency,
  mode: 'elapsed',
  first: span(48, 'hours'),
  further: span(1, 'days'),
  at: '21:00',
  days: '1',
  furtherDays: '1',
  firstPrice: '',
  furtherPrice: '',
  graceMinutes: '60',
  cap: '',
  keep: '',
  keepAfter: span(14, 'days'),
  lostFee: '',
  hold: '0',
  holdFor: span(7, 'days'),
  taxPercent: '',
  points: '0',
  unbound: true,
  licence: span(30, 'days'),
  startWithinDays: '',
  finishWithinHours: '',
});

const orEmpty = (value: number | null): string => (value === null ? '' : String(value));

export function draftOf(tariff: Tariff): TariffDraft {
  const { currency, mode } = tariff;
  const amount = (minor: number | null): string => (minor === null ? '' : typedAmount(minor, currency));
  const typed = ({ count, unit }: Span): SpanDraft => ({ count: String(count), unit });
  const blank = emptyDraft(currency);
  return {
    ...blank,
    name: tariff.name,
    mode: mode.kind,
    ...(mode.kind === 'elapsed'
      ? { first: typed(mode.first), further: typed(mode.further) }
      : { at: mode.at, days: String(mode.days), furtherDays: String(mode.furtherDays) }),
    firstPrice: amount(tariff.firstPrice),
    furtherPrice: amount(tariff.furtherPrice),
    graceMinutes: String(tariff.graceSeconds / 60),
    cap: amount(tariff.cap),
    keep: amount(tariff.keep?.price ?? null),
    keepAfter: tariff.keep === null ? blank.keepAfter : typed(tariff.keep.afterLate),
    lostFee: amount(tariff.lostFee),
    hold: amount(tariff.hold.amount),
    holdFor: typed(tariff.hold.expiresAfter),
    taxPercent: String(tariff.taxBasisPoints / 100),
    points: String(tariff.pointsPerRental),
    unbound: tariff.bindingNoneAllowed,
    licence: typed(tariff.licenceDuration),
    startWithinDays: orEmpty(tariff.startWithinDays),
    finishWithinHours: orEmpty(tariff.finishWithinHours),
  };
}

/** A typed number as the hub takes it; what is no number becomes null, which the hub's schema names as the mistake. */
const whole = (text: string, times = 1): number | null => {
  const found = /^\d{1,9}(?:\.\d{1,4})?$/.exec(text.trim().replace(',', '.'));
  return found === null ? null : Math.round(Number(found[0]) * times);
};
const optional = <T>(text: string, read: (text: string) => T): T | null =>
  text.trim() === '' ? null : read(text);

/**
 * The content of a tariff without id and version. The hub's own schema decides whether it can be so: a field that cannot be read is sent as
 * null and comes back named in `tariff_invalid`; an optional one that cannot be read is sent as its text, so that it is not taken for empty.
 */
export function contentOf(draft: TariffDraft): Record<string, unknown> {
  const amount = (text: string): number | null => readAmount(text, draft.currency)?.minor ?? null;
  const amountOrText = (text: string): number | string | null =>
    optional(text, (given) => amount(given) ?? given);
  const wholeOrText = (text: string): number | string | null =>
    optional(text, (given) => whole(given) ?? given);
  const read = ({ count, unit }: SpanDraft) => ({ unit, count: whole(count) });
  return {
    name: draft.name.trim(),
    currency: draft.currency,
    mode:
      draft.mode === 'elapsed'
        ? { kind: 'elapsed', first: read(draft.first), further: read(draft.further) }
        : {
            kind: 'cutoff',
            at: draft.at,
            days: whole(draft.days),
            furtherDays: whole(draft.furtherDays),
          },
    firstPrice: amount(draft.firstPrice),
    furtherPrice: amount(draft.furtherPrice),
    graceSeconds: whole(draft.graceMinutes, 60),
    cap: amountOrText(draft.cap),
    keep: optional(draft.keep, (text) => ({ price: amount(text), afterLate: read(draft.keepAfter) })),
    lostFee: amount(draft.lostFee),
    hold: { amount: amount(draft.hold), expiresAfter: read(draft.holdFor) },
    taxBasisPoints: whole(draft.taxPercent, 100),
    pointsPerRental: whole(draft.points),
    bindingNoneAllowed: draft.unbound,
    licenceDuration: read(draft.licence),
    startWithinDays: wholeOrText(draft.startWithinDays),
    finishWithinHours: wholeOrText(draft.finishWithinHours),
  };
}

/** A preview is of no stored tariff: it carries an id that no tariff has. */
const NO_ID = '00000000-0000-7000-8000-000000000000';
export const previewOf = (draft: TariffDraft): Record<string, unknown> => ({
  ...contentOf(draft),
  tariffId: NO_ID,
  version: 1,
});

/** Whether enough is typed for the hub to draw the curve. */
export const canPreview = (draft: TariffDraft): boolean =>
  draft.name.trim() !== '' &&
  [draft.firstPrice, draft.furtherPrice, draft.lostFee, draft.taxPercent].every((text) => text.trim() !== '');
