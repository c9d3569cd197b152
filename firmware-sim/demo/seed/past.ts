import type { HubDeps } from '#hub/app/deps.ts';
import { type ApplyContext, applyToRental } from '#hub/app/rentals/apply.ts';
import type { MemberRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
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
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { PastRental, SeedFiles } from './files.ts';
import { demoId } from './ids.ts';
import { rateOf, siteIdOf, titleIdOf } from './shops.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export type PastDeps = HubDeps & { readonly rewards: RewardRules };

/**
 * Rentals and ratings of the past, so that recommendations mean something and reports have figures. They go the way of every rental:
 * state machine, charge, ledger; each in one transaction, so that an interrupted start goes on with the next.
 */
export async function seedPast(
  deps: PastDeps,
  files: SeedFiles,
  members: ReadonlyMap<string, MemberRow>,
): Promise<void> {
  const today = deps.clock.now() - (deps.clock.now() % DAY);
  for (const past of files.past.rentals) {
    const member = members.get(past.member);
    assert(member !== undefined, `${past.member} was seeded`);
    await seedRental(deps, files, past, member, today);
  }
}

async function seedRental(
  deps: PastDeps,
  files: SeedFiles,
  past: PastRental,
  member: MemberRow,
  today: number,
): Promise<void> {
  const name = `${past.member} ${past.title}`;
  const rentalId: RentalId = demoId('rental', name);
  if ((await deps.db.stores.rentals.find({ rentalId })) !== null) return;
  const row = await pastRow(deps, files, past, member, today, rentalId);
  const start = epochMs(row.preparedAt + 5 * 60_000);
  const stop = epochMs(start + past.hours * HOUR);
  const terminalId = `past-${past.site}` as TerminalId;
  const returnId: ReturnId = demoId('return', name);
  const facts: ReturnFacts = {
    returnId,
    terminalId,
    t0: stop,
    licenceStart: start,
    offlineSinceT0: false,
  };
  const destroyedAt = epochMs(stop + 20_000);
  const events: readonly RentalEvent[] = [
    { kind: 'prepared', at: row.preparedAt },
    { kind: 'started', at: start },
    { kind: 'return_accepted', at: stop, ...facts },
    { kind: 'destroyed', at: destroyedAt, receiptId: demoId('receipt', name), ...facts },
  ];
  await deps.db.transaction(async (stores) => {
    await stores.returns.insert(paidReturn(row, facts, start, destroyedAt));
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
        terminalId,
        eventId: null,
        detail: { source: 'demo' },
      });
      assert(applied.ok, `the past rental ${name} can be applied`);
      rental = applied.value.rental;
    }
    await rate(stores, past, rental, member.memberId, destroyedAt);
  });
}

async function pastRow(
  deps: PastDeps,
  files: SeedFiles,
  past: PastRental,
  member: MemberRow,
  today: number,
  rentalId: RentalId,
): Promise<RentalRow> {
  const site = await deps.db.stores.sites.find({ siteId: siteIdOf(past.site) });
  const titleId: TitleId = titleIdOf(past.title);
  const title = await deps.db.stores.titles.find({ titleId });
  const file = files.titles.find(({ slug }) => slug === past.title);
  assert(site !== null && title?.editionId != null && file !== undefined, `${past.title} was seeded`);
  const name = `${past.member} ${past.title}`;
  return {
    rentalId,
    copyId: demoId<CopyId>('copy', name),
    titleId,
    editionId: title.editionId,
    mediumId: demoId<MediumId>('medium', past.member),
    memberId: member.memberId,
    memberToken: member.token,
    siteId: site.siteId,
    kioskId: `past-${past.site}` as TerminalId,
    binding: file.demands.binding,
    tariff: rateOf(files, file.tariff, site.calendar.currency),
    calendar: site.calendar,
    discounts: [],
    coupons: [],
    status: 'pending',
    state: null,
    startedAt: null,
    dueAt: null,
    keepAt: null,
    licenceEnd: null,
    closedAt: null,
    licence: null,
    licenceStatus: 'ready',
    endlessLicenceDue: false,
    slotProofKey: null,
    chunkHashes: [],
    hold: null,
    holdExpiresAt: null,
    reservationId: null,
    preparedAt: epochMs(today - past.startedDaysAgo * DAY + past.startedAtHour * HOUR),
    permitExpiresAt: null,
    offline: false,
    needsStaff: false,
    charge: null,
    chargeRevision: 0,
    settled: {},
  };
}

/** The return of a past rental, paid with a card to the last unit. */
function paidReturn(row: RentalRow, facts: ReturnFacts, start: EpochMs, destroyedAt: EpochMs) {
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
    due: { minor: 0, currency: total.currency },
    payments: { [key]: { part, taken: true, outcome: null, bookings: 0, booked: false } },
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
