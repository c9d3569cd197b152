import { Temporal } from 'temporal-polyfill';
import type { HubDeps } from '#hub/app/deps.ts';
import { type ApplyContext, applyToRental } from '#hub/app/rentals/apply.ts';
import { newRental } from '#hub/app/rentals/new-rental.ts';
import { settleComplaintIn } from '#hub/app/renting/complaints.ts';
import type { MemberRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { addDays, instantOf, localDateOf } from '#shared/domain/calendar.ts';
import { computeCharge } from '#shared/domain/charge.ts';
import type { RentalEvent, ReturnFacts } from '#shared/domain/rental.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { assert } from '#shared/kernel/assert.ts';
import type {
  CopyId,
  EventId,
  MediumId,
  MemberId,
  RentalId,
  ReturnId,
  TerminalId,
  TitleId,
} from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs, toEpochMs, toEpochSeconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { PastRental, SeedFiles } from './files.ts';
import { demoId } from './ids.ts';
import { rateOf, siteIdOf, titleIdOf } from './shops.ts';

const HOUR = 3_600_000;
/** Where the past took place: the terminals that stand in each shop. */
const TERMINALS: Readonly<Record<string, { readonly kiosk: TerminalId; readonly returns: TerminalId }>> = {
  berlin: { kiosk: 'demo-kiosk' as TerminalId, returns: 'demo-return' as TerminalId },
  tokyo: { kiosk: 'tokyo-kiosk-1' as TerminalId, returns: 'tokyo-return-1' as TerminalId },
};

export type PastDeps = HubDeps & { readonly rewards: RewardRules };

/**
 * Rentals and ratings of the past, so that recommendations mean something and reports have figures. They go the way of every rental:
 * state machine, charge, ledger; each in one transaction, so that an interrupted start goes on with the next. The past is that before `now`. Answers whether all of it is booked.
 */
export async function seedPast(
  deps: PastDeps,
  files: SeedFiles,
  members: ReadonlyMap<string, MemberRow>,
  { now, ended }: { readonly now: EpochMs; ended(): boolean },
): Promise<boolean> {
  for (const past of files.past.rentals) {
    if (ended()) return false;
    const member = members.get(past.member);
    assert(member !== undefined, `${past.member} was seeded`);
    await seedRental(deps, files, past, member, now);
  }
  await seedComplaint(deps, files);
  return true;
}

/** The file is in the order of time, and so are the ids. */
const rentalIdOf = (files: SeedFiles, past: PastRental): RentalId =>
  demoId('rental', `${past.member} ${past.title}`, files.past.rentals.indexOf(past));

/** One customer of the past complained, and had the price back (RNT-8): one closed rental, told in its timeline and in the ledger. */
async function seedComplaint(deps: PastDeps, files: SeedFiles): Promise<void> {
  const past = files.past.rentals.find(
    ({ weeksAgo, hours, unpaid }) => weeksAgo === 1 && hours !== null && !unpaid,
  );
  if (past === undefined) return;
  const rentalId = rentalIdOf(files, past);
  const reason = 'The sound stopped after ten minutes on the player at home.';
  const complaint = { key: 'demo-complaint', kind: 'refund', amount: null, reason } as const;
  const settled = await deps.db.transaction((stores) =>
    settleComplaintIn(deps, stores, { actor: 'hub', secondPerson: null }, rentalId, complaint),
  );
  assert(settled.ok, 'what was paid can be given back');
}

async function seedRental(
  deps: PastDeps,
  files: SeedFiles,
  past: PastRental,
  member: MemberRow,
  now: EpochMs,
): Promise<void> {
  const name = `${past.member} ${past.title}`;
  const rentalId = rentalIdOf(files, past);
  if ((await deps.db.stores.rentals.find({ rentalId })) !== null) return;
  const row = await pastRow(deps, files, past, { member, rentalId, now });
  const start = epochMs(row.preparedAt + 5 * 60_000);
  const terminalId = terminalsOf(past).returns;
  const returnId: ReturnId = demoId('return', name);
  const began: readonly RentalEvent[] = [
    { kind: 'prepared', at: row.preparedAt },
    { kind: 'started', at: start },
  ];
  const ended = endOf(past, start, returnId, now);
  const events =
    ended === null
      ? began
      : [
          ...began,
          { kind: 'return_accepted' as const, at: ended.facts.t0, ...ended.facts },
          {
            kind: 'destroyed' as const,
            at: ended.destroyedAt,
            receiptId: demoId('receipt', name),
            ...ended.facts,
          },
        ];
  await deps.db.transaction(async (stores) => {
    if (ended !== null) await stores.returns.insert(pastReturn(row, ended, start, past.unpaid));
    const context: ApplyContext = {
      stores,
      rules: deps.rewards,
      now: deps.clock.now(),
      newId: () => newId<string>(deps.clock, deps.random),
    };
    let rental = row;
    for (const [index, event] of events.entries()) {
      const applied = await applyToRental(context, rental, event, {
        entryId: `${rentalId}:past:${index}`,
        terminalId: index < began.length ? row.kioskId : terminalId,
        eventId: null,
        detail: { source: 'demo' },
      });
      assert(applied.ok, `the past rental ${name} can be applied`);
      rental = applied.value.rental;
    }
    if (ended !== null) await rate(stores, past, rental, member.memberId, ended.destroyedAt);
  });
}

const terminalsOf = ({ site }: PastRental) => {
  const there = TERMINALS[site];
  assert(there !== undefined, `${site} has terminals`);
  return there;
};

interface PastReturn {
  readonly facts: ReturnFacts;
  readonly destroyedAt: EpochMs;
}

/** Null where the copy is still out: it was not brought back, or its time lies ahead of the first start. */
function endOf(past: PastRental, start: EpochMs, returnId: ReturnId, now: EpochMs): PastReturn | null {
  if (past.hours === null) return null;
  const stop = epochMs(start + past.hours * HOUR);
  if (stop + HOUR > now) return null;
  const facts = {
    returnId,
    terminalId: terminalsOf(past).returns,
    t0: stop,
    licenceStart: start,
    offlineSinceT0: false,
  };
  return { facts, destroyedAt: epochMs(stop + 20_000) };
}

/** The last such weekday of the site before `now`, so many weeks before, at this hour of its clock. */
function dayOf(past: PastRental, zone: string, now: EpochMs): EpochMs {
  const today = localDateOf(zone, toEpochSeconds(now));
  const weekday = Temporal.PlainDate.from(today).dayOfWeek - 1;
  const since = past.weekday === null ? 0 : (weekday - past.weekday + 6) % 7;
  const back = since + 1 + 7 * past.weeksAgo;
  return toEpochMs(instantOf(zone, addDays(today, -back), `${String(past.hour).padStart(2, '0')}:00`));
}

async function pastRow(
  deps: PastDeps,
  files: SeedFiles,
  past: PastRental,
  {
    member,
    rentalId,
    now,
  }: { readonly member: MemberRow; readonly rentalId: RentalId; readonly now: EpochMs },
): Promise<RentalRow> {
  const site = await deps.db.stores.sites.find({ siteId: siteIdOf(past.site) });
  const titleId: TitleId = titleIdOf(past.title);
  const title = await deps.db.stores.titles.find({ titleId });
  const file = files.titles.find(({ slug }) => slug === past.title);
  assert(site !== null && title?.editionId != null && file !== undefined, `${past.title} was seeded`);
  const name = `${past.member} ${past.title}`;
  return newRental({
    rentalId,
    copyId: demoId<CopyId>('copy', name),
    titleId,
    editionId: title.editionId,
    mediumId: demoId<MediumId>('medium', past.member),
    memberId: member.memberId,
    memberToken: member.token,
    siteId: site.siteId,
    kioskId: terminalsOf(past).kiosk,
    binding: file.demands.binding,
    tariff: rateOf(files, file.tariff, site.calendar.currency),
    calendar: site.calendar,
    preparedAt: dayOf(past, site.calendar.zone, now),
  });
}

/** The return of a past rental, paid with a card to the last unit; or not at all: then it is due. */
function pastReturn(row: RentalRow, { facts, destroyedAt }: PastReturn, start: EpochMs, unpaid: boolean) {
  const charge = computeCharge({
    terms: { tariff: row.tariff, site: row.calendar },
    start,
    stop: facts.t0,
    ending: 'returned',
    discounts: [],
    coupons: [],
  });
  assert(charge.ok, 'a past rental has a price');
  const { total } = charge.value;
  const key = `${row.rentalId}:${facts.returnId}:card_reader`;
  const part = {
    key,
    means: 'card_reader' as const,
    amount: total,
    points: null,
    authorisationId: `past-${facts.returnId}`,
    maskedCard: null,
  };
  return {
    returnId: facts.returnId,
    rentalId: row.rentalId,
    copyId: row.copyId,
    terminalId: facts.terminalId,
    state: 'destroyed' as const,
    t0: facts.t0,
    destroyedAt,
    offlineSince: null,
    agreed: total,
    due: { minor: unpaid ? total.minor : 0, currency: total.currency },
    payments: unpaid ? {} : { [key]: { part, taken: true, outcome: null, bookings: 0, booked: false } },
    proof: 'unchecked' as const,
    receiptId: null,
    finishers: [],
    updatedAt: destroyedAt,
  };
}

async function rate(
  stores: Stores,
  past: PastRental,
  rental: RentalRow,
  memberId: MemberId,
  at: EpochMs,
): Promise<void> {
  if (past.rating === null) return;
  const eventId: EventId = demoId('rating', `${past.member} ${past.title}`);
  await stores.ratings.insert({
    rentalId: rental.rentalId,
    titleId: rental.titleId,
    memberId,
    stars: past.rating,
    at,
    eventId,
  });
}
