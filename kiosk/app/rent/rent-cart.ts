import { dueAt } from '#shared/domain/charge.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, MediumId, RentalId, TitleId } from '#shared/kernel/ids.ts';
import { money } from '#shared/kernel/money.ts';
import { MEDIUM_FILE } from '#shared/media/layout.ts';
import type { WriteOutcome } from '#shared/media/orders.ts';
import { newId } from '#shared/ports/random.ts';
import type { Bundle, CatalogueTitle, RentalPermit } from '#shared/protocol/terminal-api.ts';
import type { KioskDeps } from '../deps.ts';
import { sayRevoked } from '../members/players.ts';
import { rememberMedium } from '../members/verifier.ts';
import type { ScreenLanguage } from '../session/contract.ts';
import type { MediumFacts, SignedIn, WriteLineState } from '../session/state.ts';
import { type Trouble, troubleOf } from '../trouble.ts';
import { extrasOf } from './extras.ts';
import { authoriseOnce } from './holds.ts';
import { licenceDraft } from './licence-terms.ts';
import { askPermits, stakeOf, type WantedCopy } from './permits.ts';
import { intentsOf, recordNothing, saveRow } from './records.ts';
import { holdKey, media, type RentalRow, rentals } from './tables.ts';

export interface RentInput {
  readonly member: SignedIn;
  readonly medium: MediumFacts;
  readonly titles: readonly TitleId[];
  readonly language: ScreenLanguage;
  /** Called whenever a line of the cart changed. */
  readonly line: (index: number, line: WriteLineState) => void;
}

/** One finished line with what the receipt needs. */
export interface RentedCopy {
  readonly line: WriteLineState;
  readonly title: CatalogueTitle;
  readonly rentalId: RentalId;
}

interface Job {
  readonly index: number;
  readonly wanted: WantedCopy;
  readonly row: RentalRow;
}

/** After these the medium is out of reach: the rest of the cart is not begun. */
const MEDIUM_GONE = new Set([
  'medium_missing',
  'medium_pulled',
  'medium_swapped',
  'medium_read_only',
  'medium_io_error',
  'medium_foreign',
  'medium_counterfeit',
]);

/**
 * Rents every title of a cart, one after the other, each with a record and a rental of its own (RNT-2): some may succeed, only those are
 * charged. A program that ends finishes the copy it is at and begins no other (OPS-1). Never throws for anything that medium, card, hub or cache do.
 */
export async function rentCart(deps: KioskDeps, input: RentInput): Promise<readonly RentedCopy[]> {
  const bundle = deps.runtime.bundle();
  assert(bundle !== null, 'nothing is rented before the first bundle');
  const blankId = input.medium.controllerId ?? newId<MediumId>(deps.runtime.clock, deps.runtime.random);
  const mediumId = input.medium.mediumId ?? blankId;
  const jobs = prepareRows(deps, input, bundle);
  const permits = await askPermits(deps, {
    member: input.member,
    medium: input.medium,
    mediumId,
    wanted: jobs.map((job) => job.wanted),
    bundle,
  });
  await deps.door.lock();
  const done: RentedCopy[] = [];
  const accessKey = Buffer.from(deps.runtime.random.bytes(32)).toString('base64url');
  let gone: Trouble | null = null;
  try {
    for (const job of jobs) {
      const answer = permits.answers[job.index];
      assert(answer !== undefined, 'one answer per wanted copy');
      let line: WriteLineState;
      if ('refused' in answer) {
        deps.runtime.record((tx) => tx.remove(rentals, job.row.rentalId));
        line = { ...emptyLine(job), state: 'failed', trouble: answer.refused };
      } else if (gone !== null || deps.runtime.closing()) {
        recordNothing(deps.runtime, job.row, 'write_aborted');
        const code = gone === null ? 'kiosk_restarting' : 'write_aborted';
        line = { ...emptyLine(job), state: 'cancelled', trouble: troubleOf({ code }) };
      } else {
        const one = { ...job, permit: answer.permit, row: { ...job.row, offline: permits.offline } };
        line = await rentCopy(deps, input, bundle, one, { mediumId: blankId, accessKey });
        if (line.trouble !== null && (line.state === 'held' || MEDIUM_GONE.has(line.trouble.code)))
          gone = line.trouble;
      }
      input.line(job.index, line);
      done.push({ line, title: job.wanted.title, rentalId: job.row.rentalId });
    }
    await registerMedium(deps, input);
    await sayRevoked(deps, input.member, input.medium);
    await leaveList(deps, bundle);
  } finally {
    await deps.door.release();
  }
  await releaseAtHub(deps, input, permits.offline, done);
  return done;
}

/** Which terminals are out, for the players at home (MS-32); what goes wrong concerns nothing else. */
async function leaveList({ runtime, media }: KioskDeps, { revocationList }: Bundle): Promise<void> {
  const left = revocationList === undefined ? null : await media.leaveRevocations(revocationList);
  if (left?.ok === false)
    runtime.log.info({ code: left.error.code }, 'no list of revocations on this medium');
}

const emptyLine = (job: Pick<Job, 'wanted'>): WriteLineState => ({
  titleId: job.wanted.title.titleId,
  state: 'waiting',
  phase: null,
  bytesDone: 0,
  bytesTotal: job.wanted.title.edition.bytes,
  bytesPerSecond: 0,
  secondsLeft: null,
  dueAt: null,
  firstPrice: null,
  trouble: null,
});

/** Ids are made here and stored before anybody is asked, so that a retry is the same rental (habit 5). */
function prepareRows(deps: KioskDeps, input: RentInput, bundle: Bundle): readonly Job[] {
  const { clock, random } = deps.runtime;
  return input.titles.map((titleId, index) => {
    const title = bundle.titles.find((one) => one.titleId === titleId);
    assert(title !== undefined, 'a cart holds titles of the bundle only');
    const wanted: WantedCopy = {
      rentalId: newId<RentalId>(clock, random),
      copyId: newId<CopyId>(clock, random),
      title,
      binding: bindingFor(title),
    };
    const row: RentalRow = {
      rentalId: wanted.rentalId,
      copyId: wanted.copyId,
      titleId,
      memberToken: input.member.session.memberToken,
      stage: 'prepared',
      at: clock.now(),
      offline: false,
      stake: stakeOf(title),
      holdAmount: money(title.tariff.hold.amount, title.tariff.currency),
      hold: null,
      mediumId: null,
      keyBegun: null,
      outbox: null,
    };
    saveRow(deps.runtime, row);
    return { index, wanted, row };
  });
}

/** Bound to the member's players where title or tariff demand it, else the key opens the copy anywhere (PLY-1). */
export const bindingFor = (title: CatalogueTitle): 'none' | 'players' =>
  title.demands.binding === 'players' || !title.tariff.bindingNoneAllowed ? 'players' : 'none';

/** The member's own players, never one that only left its key on the medium, never one that was removed (SEC-6). */
const playersFor = (member: SignedIn, bundle: Pick<Bundle, 'revokedPlayers'>) => {
  // Online the session is the hub's word of a moment ago; what this kiosk remembers may be older than the bundle.
  const gone = new Set(member.offline ? bundle.revokedPlayers : []);
  return member.session.playerKeys.filter(({ playerId }) => !gone.has(playerId));
};

/** Whom a bound copy's key is made for. */
export const recipientsFor = (member: SignedIn, bundle: Pick<Bundle, 'revokedPlayers'>): readonly string[] =>
  playersFor(member, bundle).map(({ recipient }) => recipient);

/** The same players by the keys they sign with, for a secure medium's controller (SEC-5). */
const playerKeysFor = (member: SignedIn, bundle: Pick<Bundle, 'revokedPlayers'>): readonly string[] =>
  playersFor(member, bundle).flatMap(({ signingKey }) => signingKey ?? []);

interface PermittedJob extends Job {
  readonly permit: RentalPermit;
}

/** One copy: content at hand → hold → write and verify → active. */
async function rentCopy(
  deps: KioskDeps,
  input: RentInput,
  bundle: Bundle,
  job: PermittedJob,
  blank: { readonly mediumId: MediumId; readonly accessKey: string },
): Promise<WriteLineState> {
  const { runtime } = deps;
  const { permit, wanted } = job;
  const empty = emptyLine(job);
  const content = await runtime.cache.open(permit.editionId);
  if (!content.ok) return failed(deps, job.row, empty, troubleOf(content.error));
  try {
    const held = await takeHold(deps, input, job, empty);
    if ('line' in held) return held.line;
    input.line(job.index, { ...empty, state: 'writing', phase: 'preparing' });
    const intents = intentsOf(runtime, held.row);
    const extras = await extrasOf(runtime.assets, wanted.title);
    const outcome = await deps.media.write({
      extras,
      copyId: wanted.copyId,
      source: content.value,
      licence: (at) =>
        licenceDraft(
          runtime,
          {
            rentalId: wanted.rentalId,
            title: wanted.title,
            tariff: permit.tariff,
            binding: wanted.binding,
            memberToken: input.member.session.memberToken,
            bundle,
            name: wanted.title.name[input.language] ?? wanted.title.name.en,
          },
          at,
        ),
      playerRecipients: recipientsFor(input.member, bundle),
      playerKeys: playerKeysFor(input.member, bundle),
      mediumClass: input.medium.mediumClass,
      newMedium: blank,
      intents,
      chunkIndices: permit.chunkIndices,
      verification: runtime.config().verification,
      minimumBytesPerSecond: deps.minimumBytesPerSecond,
      progress: (at) => input.line(job.index, progressLine(empty, at)),
    });
    return finished(deps, bundle, intents.row(), permit, empty, outcome);
  } finally {
    await content.value.close();
  }
}

/** Holds the tariff's amount on the card (PAY-1). Declined: nothing was written and nothing is charged. */
async function takeHold(
  deps: KioskDeps,
  input: RentInput,
  job: PermittedJob,
  empty: WriteLineState,
): Promise<{ readonly row: RentalRow } | { readonly line: WriteLineState }> {
  const { permit } = job;
  const row: RentalRow = { ...job.row, holdAmount: permit.hold };
  if (permit.hold.minor === 0) {
    saveRow(deps.runtime, row);
    return { row };
  }
  const holding: RentalRow = { ...row, stage: 'holding' };
  saveRow(deps.runtime, holding);
  input.line(job.index, { ...empty, state: 'holding' });
  const answer = await authoriseOnce(deps, holdKey(permit.rentalId), permit.hold);
  if (answer.ok) {
    const held: RentalRow = { ...holding, hold: answer.value };
    saveRow(deps.runtime, held);
    return { row: held };
  }
  // Only an unknown outcome may have left a hold behind; everything else is a plain no.
  const refused: RentalRow = answer.error.code === 'card_unknown_outcome' ? holding : row;
  return { line: failed(deps, refused, empty, troubleOf(answer.error)) };
}

function failed(deps: KioskDeps, row: RentalRow, empty: WriteLineState, trouble: Trouble): WriteLineState {
  recordNothing(deps.runtime, row, trouble.detail);
  return { ...empty, state: 'failed', trouble };
}

function progressLine(
  empty: WriteLineState,
  at: { phase: string; bytesDone: number; bytesTotal: number; bytesPerSecond: number },
): WriteLineState {
  const phase =
    at.phase === 'content' || at.phase === 'key' || at.phase === 'verifying' ? at.phase : 'preparing';
  const left = at.bytesTotal - at.bytesDone;
  return {
    ...empty,
    state: 'writing',
    phase,
    bytesDone: at.bytesDone,
    bytesTotal: at.bytesTotal,
    bytesPerSecond: Math.round(at.bytesPerSecond),
    secondsLeft: at.bytesPerSecond > 0 ? Math.ceil(left / at.bytesPerSecond) : null,
  };
}

function finished(
  deps: KioskDeps,
  bundle: Bundle,
  row: RentalRow,
  permit: RentalPermit,
  empty: WriteLineState,
  outcome: WriteOutcome,
): WriteLineState {
  switch (outcome.kind) {
    case 'written': {
      const due = dueAt({ tariff: permit.tariff, site: bundle.site.calendar }, outcome.commit.startedAt);
      return {
        ...empty,
        state: 'written',
        bytesDone: outcome.commit.plaintextBytes,
        bytesTotal: outcome.commit.plaintextBytes,
        dueAt: due.ok ? due.value : null,
        firstPrice: money(permit.tariff.firstPrice, permit.tariff.currency),
      };
    }
    case 'held':
      return {
        ...empty,
        state: 'held',
        trouble: { ...troubleOf({ code: 'copy_held' }), detail: outcome.code },
      };
    case 'failed':
      // A medium refused before the first record leaves the row as it was: it is settled here either way.
      return failed(deps, row, empty, troubleOf(outcome));
  }
}

/** Tells the hub whose medium this is, once: a fresh identity, or a known one that the hub has not been told of by this kiosk (MED-5). */
async function registerMedium(deps: KioskDeps, input: RentInput): Promise<void> {
  const { runtime } = deps;
  const found = await deps.media.inspect();
  if (!found.ok || found.value.identity === null) return;
  const { mediumId } = found.value.identity;
  if (runtime.store.get(media, mediumId) !== null) return;
  const medium = deps.drive.current();
  const file = medium === null ? null : await medium.readSmall(MEDIUM_FILE, 16 * 1024);
  if (file === null || !file.ok || file.value === null) return;
  const identity = Buffer.from(file.value).toString('ascii');
  const { session, pin } = input.member;
  const { memberToken } = session;
  const at = runtime.clock.now();
  runtime.record((tx) => {
    tx.put(media, mediumId, { mediumId, memberToken, registeredAt: at });
    tx.emit({ kind: 'medium.registered', data: { mediumId, identity, memberToken, at } });
  });
  // Made here for this member just now: at the next visit the PIN is enough, also without the hub (MED-5).
  if (input.medium.mediumId === null && pin !== null)
    rememberMedium(runtime, found.value.identity, session, pin);
}

/** Units and holds that the hub reserved for what was not written; the `rental.failed` events say the same, later and for sure. */
async function releaseAtHub(
  deps: KioskDeps,
  input: RentInput,
  offline: boolean,
  done: readonly RentedCopy[],
): Promise<void> {
  if (offline || input.member.offline) return;
  const over = done.filter(({ line }) => line.state === 'failed' || line.state === 'cancelled');
  if (over.length === 0) return;
  const cancelled = await deps.runtime.hub.cancelRentals({
    rentalIds: over.map(({ rentalId }) => rentalId),
    reason: 'write_failed',
  });
  if (!cancelled.ok) deps.runtime.log.info({ code: cancelled.error.code }, 'the hub hears of it by event');
}
