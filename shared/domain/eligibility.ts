import type { EpochMs } from '#shared/kernel/time.ts';
import { addDays } from './calendar.ts';
import type { LocalDate } from './site.ts';
import type { Tariff } from './tariff.ts';

/** Why a rental is refused; screens word the code (CAT-4, LED-2, RNT-6, RSV-1, RET-4). Sorted from member to title to medium. */
export type RefusalCode =
  | 'member_locked'
  | 'member_amount_due'
  | 'member_held_copy'
  | 'age_too_young'
  | 'age_unknown'
  | 'territory_not_allowed'
  | 'title_not_released'
  | 'title_withdrawn'
  | 'no_unit_free'
  | 'secure_medium_needed'
  | 'binding_needed'
  | 'player_unknown';

export interface Refusal {
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, string | number>>;
}

export interface EligibilityInput {
  readonly now: EpochMs;
  /** Local date at the kiosk's site. */
  readonly today: LocalDate;
  readonly territory: string;
  readonly member: {
    /** Null: not known; titles with an age limit are then refused. */
    readonly birthDate: LocalDate | null;
    readonly amountDueMinor: number;
    readonly locked: boolean;
    readonly holdsUnsettledCopy: boolean;
    /** Registered players of the member, as far as this medium and the hub know. */
    readonly players: number;
  };
  readonly title: {
    /** Years; 0: for everybody. */
    readonly minimumAge: number;
    /** Null: everywhere. */
    readonly territories: readonly string[] | null;
    /** Null: released. */
    readonly releaseAt: EpochMs | null;
    readonly withdrawn: boolean;
    readonly demandsSecureMedium: boolean;
    readonly demandsBinding: boolean;
  };
  readonly tariff: Pick<Tariff, 'bindingNoneAllowed'>;
  readonly medium: { readonly class: 'plain' | 'secure' };
  readonly binding: 'none' | 'players';
  /** Units that this member may take now (`freeFor` of the queue); null: unlimited. */
  readonly unitsFree: number | null;
}

/** All reasons why this rental may not start, in a fixed order; empty: it may. */
export function refusals(input: EligibilityInput): readonly Refusal[] {
  return [...memberRefusals(input), ...titleRefusals(input), ...mediumRefusals(input)];
}

const refusal = (code: RefusalCode, details: Refusal['details'] = {}): Refusal => ({ code, details });

function* memberRefusals({ member, title, today }: EligibilityInput): Generator<Refusal, void> {
  if (member.locked) yield refusal('member_locked');
  if (member.amountDueMinor > 0)
    yield refusal('member_amount_due', { amountDueMinor: member.amountDueMinor });
  if (member.holdsUnsettledCopy) yield refusal('member_held_copy');
  if (title.minimumAge === 0) return;
  if (member.birthDate === null) yield refusal('age_unknown', { minimumAge: title.minimumAge });
  else if (ageOn(member.birthDate, today) < title.minimumAge)
    yield refusal('age_too_young', { minimumAge: title.minimumAge });
}

function* titleRefusals({ title, territory, now, unitsFree }: EligibilityInput): Generator<Refusal, void> {
  if (title.territories !== null && !title.territories.includes(territory))
    yield refusal('territory_not_allowed', { territory });
  if (title.releaseAt !== null && now < title.releaseAt)
    yield refusal('title_not_released', { releaseAt: title.releaseAt });
  if (title.withdrawn) yield refusal('title_withdrawn');
  if (unitsFree !== null && unitsFree <= 0) yield refusal('no_unit_free');
}

function* mediumRefusals(input: EligibilityInput): Generator<Refusal, void> {
  const { title, tariff, medium, binding, member } = input;
  if (title.demandsSecureMedium && medium.class !== 'secure') yield refusal('secure_medium_needed');
  if (binding === 'none' && (title.demandsBinding || !tariff.bindingNoneAllowed))
    yield refusal('binding_needed');
  if (binding === 'players' && member.players === 0) yield refusal('player_unknown');
}

/** Full years of age on a local date; somebody born on 29 February has the birthday on 1 March in other years. */
export function ageOn(birthDate: LocalDate, today: LocalDate): number {
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  const leapDay = birthDate.endsWith('-02-29');
  const thisYear = leapDay
    ? addDays(`${today.slice(0, 4)}-02-28`, 1)
    : `${today.slice(0, 4)}${birthDate.slice(4)}`;
  return today >= thisYear ? years : years - 1;
}
