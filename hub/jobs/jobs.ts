import { certificatesEnd } from '#hub/app/enrolment/renewal.ts';
import type { IngestDeps } from '#hub/app/ingest/ingest.ts';
import { endAuthorisation } from '#hub/app/ledger/payments.ts';
import { pointsEntries } from '#hub/app/ledger/points.ts';
import { forgetSittings } from '#hub/app/members/openings.ts';
import { forgetCodes } from '#hub/app/members/pairing.ts';
import { applyToRental } from '#hub/app/rentals/apply.ts';
import { advanceQueue } from '#hub/app/rentals/queue.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import { dueByTime, HELD_WAIT_MS, KEEP_WAIT_MS } from '#hub/domain/due.ts';
import type { RentalRow } from '#hub/ports/rows/index.ts';
import { pointsBalance } from '#shared/domain/rewards.ts';
import type { MemberId, TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs, milliseconds } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import { removeOld } from './retention.ts';
import type { Job } from './ticker.ts';

type Deps = Omit<IngestDeps, 'trust' | 'challengeKey'>;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const BATCH = 500;
/** After this hub's own start terminals need a while to be heard again: no alerts meanwhile (DESIGN §3). */
const QUIET_AFTER_START_MS = 2 * MINUTE;

/** What only the hub as a whole can do; each answers how much it did. */
export interface JobHooks {
  /** Trains the recommendations. */
  retrain(): Promise<number>;
  /** Goes on with a rotation of keys. */
  tendKeys(): Promise<number>;
  /** OPS-2: a backup where the newest is too old. */
  tendBackups(): Promise<number>;
  /** SEC-4: leaves of the log, and a checkpoint where it is time. */
  tendLog(): Promise<number>;
  /** Requests for a second person that ran out, sessions and attempts long over, a signed checkpoint of the audit trail. */
  tendStaff(): Promise<number>;
  /** Walks the audit trail; staff hear of it where it was changed. */
  watchAudit(): Promise<number>;
}

/** All duties that time brings up. */
export function hubJobs(deps: Deps, hooks: JobHooks): readonly Job[] {
  const startedAt = deps.clock.monotonic();
  const quiet = () => deps.clock.monotonic() - startedAt < QUIET_AFTER_START_MS;
  return [
    { name: 'rentals_by_time', every: milliseconds(30 * SECOND), run: () => rentalsByTime(deps) },
    { name: 'authorisations_expire', every: milliseconds(MINUTE), run: () => authorisationsExpire(deps) },
    { name: 'reservations_pass_on', every: milliseconds(30 * SECOND), run: () => reservationsPassOn(deps) },
    { name: 'points_expire', every: milliseconds(60 * MINUTE), run: () => pointsExpire(deps) },
    { name: 'commands_expire', every: milliseconds(10 * SECOND), run: () => commandsExpire(deps) },
    {
      name: 'terminals_stale',
      every: milliseconds(15 * SECOND),
      run: async () => (quiet() ? 0 : terminalsStale(deps)),
    },
    { name: 'terminals_sampled', every: milliseconds(5 * MINUTE), run: () => terminalsSampled(deps) },
    { name: 'certificates_end', every: milliseconds(60 * MINUTE), run: () => certificatesEnd(deps) },
    { name: 'sessions_end', every: milliseconds(10 * MINUTE), run: () => sessionsEnd(deps) },
    { name: 'retention', every: milliseconds(60 * MINUTE), run: () => removeOld(deps) },
    { name: 'staff_tend', every: milliseconds(MINUTE), run: () => hooks.tendStaff() },
    { name: 'audit_watch', every: milliseconds(60 * MINUTE), run: () => hooks.watchAudit() },
    { name: 'log_tend', every: milliseconds(30 * SECOND), run: () => hooks.tendLog() },
    { name: 'backups_tend', every: milliseconds(10 * MINUTE), run: () => hooks.tendBackups() },
    { name: 'keys_tend', every: milliseconds(10 * SECOND), run: () => hooks.tendKeys() },
    {
      name: 'players_forget',
      every: milliseconds(60 * MINUTE),
      run: async () => (await forgetCodes(deps)) + (await forgetSittings(deps.db.stores, deps.clock.now())),
    },
    { name: 'recommendations_train', every: milliseconds(60 * MINUTE), run: () => hooks.retrain() },
  ];
}

/** Prepared rentals that never started, kept copies, held copies nobody saw again (RNT-3, RNT-6, RNT-7). */
export async function rentalsByTime(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const { rentals } = deps.db.stores;
  const page = { limit: BATCH };
  const candidates = [
    ...(await rentals.list({ status: 'pending', permitExpiresAt: { lte: now } }, page)),
    ...(await rentals.list(
      { status: ['active', 'returning'], keepAt: { lte: epochMs(now - KEEP_WAIT_MS) } },
      page,
    )),
    ...(await rentals.list(
      { status: 'held', needsStaff: false, licenceEnd: { lte: epochMs(now - HELD_WAIT_MS) } },
      page,
    )),
  ];
  let done = 0;
  for (const { rentalId } of candidates) done += (await oneRental(deps, rentalId, now)) ? 1 : 0;
  return done;
}

async function oneRental(deps: Deps, rentalId: RentalRow['rentalId'], now: EpochMs): Promise<boolean> {
  const made = () => newId<string>(deps.clock, deps.random);
  return deps.db.transaction(async (stores) => {
    const rental = await stores.rentals.findForUpdate({ rentalId });
    if (rental === null) return false;
    const event = dueByTime(rental, rental.state?.facts.heldUnseen != null, now);
    if (event === null) return false;
    const cause = { entryId: made(), terminalId: null, eventId: null, detail: {} };
    const applied = await applyToRental(
      { stores, rules: deps.rewards, now, newId: made },
      rental,
      event,
      cause,
    );
    if (!applied.ok)
      deps.log.warn({ rentalId, code: applied.error.code }, 'time could not be applied to a rental');
    return applied.ok;
  });
}

/** LED-1: what was reserved and never told of is free again. */
export async function authorisationsExpire(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const due = await deps.db.stores.ledger.expiredPending(now, BATCH);
  for (const { transferId } of due)
    await deps.db.transaction((stores) =>
      endAuthorisation(stores, transferId.slice('auth:'.length), 'expired', now),
    );
  return due.length;
}

/** RSV-1: pick-up times that ran out, and titles whose release day has come. */
export async function reservationsPassOn(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const { reservations } = deps.db.stores;
  const expired = await reservations.list({ state: 'ready', readyUntil: { lte: now } }, { limit: BATCH });
  const waiting = await reservations.list({ state: 'waiting' }, { limit: 5000 });
  const titles = new Set<TitleId>([...expired, ...waiting].map((row) => row.titleId));
  for (const titleId of titles) await deps.db.transaction((stores) => advanceQueue({ stores, now }, titleId));
  return expired.length;
}

/** RWD-1: points past their time are written off, once for each moment they expired at. */
export async function pointsExpire(deps: Deps): Promise<number> {
  if (deps.rewards.lifetime === null) return 0;
  const now = deps.clock.now();
  let done = 0;
  for (const account of await deps.db.stores.ledger.accounts({ kind: 'member_points' })) {
    if (account.ownerId === null) continue;
    const memberId = account.ownerId as MemberId;
    done += await deps.db.transaction(async (stores) => {
      await stores.ledger.lockAccount(ACCOUNTS.memberPoints(memberId));
      const { expired } = pointsBalance(await pointsEntries(stores, memberId), now);
      if (expired <= 0) return 0;
      const results = await stores.ledger.post(
        [
          {
            transferId: `points_expired:${memberId}:${now}`,
            phase: 'single',
            correctsId: null,
            reason: 'points_expired',
            rentalId: null,
            returnId: null,
            memberId,
            siteId: null,
            at: now,
            detail: {},
            entries: [
              { account: ACCOUNTS.memberPoints(memberId), amount: expired },
              { account: ACCOUNTS.pointsIssued(), amount: -expired },
            ],
          },
        ],
        now,
      );
      return results[0] === 'created' ? 1 : 0;
    });
  }
  return done;
}

/** FLT-2: orders whose time is over and which no terminal has begun. */
export function commandsExpire(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  return deps.db.stores.commands.patchWhere(
    { state: ['queued', 'sent'], expiresAt: { lte: now } },
    { state: 'expired', updatedAt: now },
  );
}

/** Missed heartbeats before a terminal counts as gone; besides wills, which a broken network never sends (DESIGN §3). */
const MISSED_BEATS = 3;
const DEFAULT_BEAT_SECONDS = 30;

/** FLT-1: a terminal that should be there and is silent. */
export async function terminalsStale(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const there = await deps.db.stores.terminals.list({ state: 'active', online: true }, { limit: 10_000 });
  let done = 0;
  for (const terminal of there) {
    const beat = (terminal.configDesired?.heartbeatSeconds ?? DEFAULT_BEAT_SECONDS) * SECOND;
    if (terminal.lastContactAt === null || now - terminal.lastContactAt <= MISSED_BEATS * beat) continue;
    const { terminalId } = terminal;
    await deps.db.stores.terminals.patch({ terminalId }, { online: false, onlineChangedAt: now });
    await deps.db.stores.alerts.raise(
      newId<string>(deps.clock, deps.random),
      {
        code: 'terminal_stale',
        subject: terminalId,
        severity: 'warning',
        message: `${terminalId} has been silent since ${new Date(terminal.lastContactAt).toISOString()}`,
        terminalId,
        rentalId: null,
      },
      now,
    );
    done += 1;
  }
  return done;
}

const QUARTER_HOUR_MS = 15 * MINUTE;

/** FLT-1: what the charts of a terminal show. */
export function terminalsSampled(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = deps.clock.now();
  return deps.db.stores.terminalHistory.sample(epochMs(now - (now % QUARTER_HOUR_MS)));
}

/** SEC-6: sign-ins at terminals do not outlive their time. */
export function sessionsEnd(deps: Deps): Promise<number> {
  return deps.db.stores.memberSessions.removeWhere({
    expiresAt: { lte: epochMs(deps.clock.now() - 60 * MINUTE) },
  });
}
