import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type OpenContent, openContent } from '#shared/media/container/content-reader.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { contentFile, openingsFile, playerFile } from '#shared/media/layout.ts';
import { type Licence, licenceEndAt, licenceStatusAt } from '#shared/media/licence.ts';
import { mediumRange } from '#shared/media/medium-range.ts';
import type { CopyOnMedium, MediumReport } from '#shared/media/orders.ts';
import { signOpenings } from '#shared/media/player-key.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { readRevokedPlayers } from '#shared/media/revoked-players.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { openSlot, type SlotFault } from '#shared/media/slot.ts';
import { readSlot } from '#shared/media/slot-place.ts';
import type { MediaDrive, MountedMedium } from '#shared/ports/media-drive.ts';
import { type Beside, besideCopy } from './beside.ts';
import type { PlayerDevice } from './device.ts';

/** Why a copy does not open; the page words each (PLY-1). */
export type RefusalCode =
  | 'copy_returned'
  | 'copy_expired'
  | 'copy_revoked'
  | 'copy_not_confirmed'
  | 'copy_not_for_this_player'
  | 'copy_damaged'
  | 'copy_foreign'
  | 'copy_signer_revoked'
  | 'copy_unknown'
  | 'clock_set_back'
  | 'player_revoked'
  | 'medium_missing'
  | 'medium_foreign'
  | 'medium_unreadable';
export type Refusal = Fault<RefusalCode>;

export interface ShelfCopy {
  readonly copyId: CopyId;
  readonly title: string | null;
  readonly mediaType: string | null;
  readonly bytes: number;
  /** Null: it opens. */
  readonly refusal: RefusalCode | null;
  /** When the licence ends, epoch milliseconds; null: without end, or unknown. */
  readonly endsAt: EpochMs | null;
  /** Seconds into the work, or how far down a text stands, in thousandths. Kept in this player, never on the medium. */
  readonly position: number;
  /** The licence's clock of first use has begun (LIC-2). */
  readonly begun: boolean;
  /** Its keep price is reached: it is the member's own (RNT-7). */
  readonly kept: boolean;
  /** Address of the picture that the kiosk left beside the copy (MS-34); it opens with the copy's key and goes dark with it. */
  readonly poster: string | null;
  /** Languages of the subtitles beside the copy, as the kiosk left them. */
  readonly subtitles: readonly string[];
  /** What the licence says, for people; null: it cannot be read. */
  readonly licence: CopyTerms | null;
}

export interface CopyTerms {
  readonly issuedAt: EpochMs;
  readonly end: EpochMs | null;
  readonly startWithinSeconds: number | null;
  readonly finishWithinSeconds: number | null;
  /** Pages; null: unlimited. */
  readonly print: number | null;
  /** Characters; null: unlimited. */
  readonly copy: number | null;
  readonly binding: 'none' | 'players';
  /** The kiosk that wrote it. */
  readonly terminal: string;
}

/** A title that the last return terminal advised (RET-6), named as it stands on the medium. */
export interface Advised {
  readonly titleId: string;
  readonly name: { readonly en: string; readonly ja?: string | undefined; readonly de?: string | undefined };
  readonly reason: string;
}

export interface Shelf {
  readonly medium: 'missing' | 'blank' | 'foreign' | 'unreadable' | 'ready';
  readonly copies: readonly ShelfCopy[];
  readonly advised: readonly Advised[];
}

export interface ShelfDeps {
  readonly drive: MediaDrive;
  readonly trust: FleetTrust;
  readonly device: PlayerDevice;
  /** What was found beside copies since the medium came in. */
  readonly beside: Beside;
}

export interface OpenedCopy {
  readonly copyId: CopyId;
  readonly mediumId: MediumId;
  readonly mediaType: string;
  readonly content: OpenContent;
  /** Lets the file on the medium go until the next read (`MediumRange`). */
  rest(): Promise<void>;
  readonly medium: MountedMedium;
  /** From then on nothing more is served; null: without end. */
  readonly endsAt: EpochMs | null;
}

/** What stands on the medium, each copy with the reason why it does not open. */
export async function readShelf(deps: ShelfDeps): Promise<Shelf> {
  if (deps.drive.current() === null) return bare('missing');
  const report = await inspectMedium(deps);
  if (!report.ok) return bare(FOREIGN.has(report.error.code) ? 'foreign' : 'unreadable');
  if (report.value.identity === null) return bare('blank');
  const facts = await factsFor(deps, report.value);
  const copies: ShelfCopy[] = [];
  for (const copy of report.value.copies) {
    const shown = shelfCopy(deps, copy, facts);
    copies.push(shown.refusal === null ? await furnished(deps, shown) : shown);
  }
  return { medium: 'ready', copies, advised: await advisedOn(deps, report.value) };
}

/** With what stands beside it; a key sealed for other players is seen here, before anybody tries. */
async function furnished(deps: ShelfDeps, shown: ShelfCopy): Promise<ShelfCopy> {
  const { extras, forOthers } = await besideCopy(deps, shown.copyId);
  if (forOthers) return { ...shown, refusal: 'copy_not_for_this_player' };
  return {
    ...shown,
    poster: extras.poster === null ? null : `./api/copies/${shown.copyId}/poster`,
    subtitles: extras.subtitles.map(({ language }) => language),
  };
}

const bare = (medium: Shelf['medium']): Shelf => ({ medium, copies: [], advised: [] });

/**
 * Leaves this player's public key on a medium of the fleet, so that the next rental can be bound to it (PLY-1). A blank, foreign or
 * read-only medium is left alone.
 */
export async function leavePlayerKey(deps: ShelfDeps): Promise<void> {
  const report = await inspectMedium(deps);
  const medium = deps.drive.current();
  if (!report.ok || medium === null || report.value.identity === null || report.value.readOnly) return;
  const revoked = await readRevokedPlayers(medium, report.value.identity.mediumId, deps.trust);
  if (revoked.includes(deps.device.playerId)) return;
  if (report.value.players.some((player) => player.playerId === deps.device.playerId)) return;
  await medium.makeDirectory('KEYTURN/players');
  await medium.replaceSmall(
    playerFile(deps.device.playerId),
    Buffer.from(await deps.device.publicDocument(), 'ascii'),
  );
}

/** Leaves on the medium when this player had its copies open (MS-31), for the return terminal to carry to the hub. A read-only medium carries nothing. */
export async function leaveOpenings(deps: ShelfDeps, mediumId: MediumId): Promise<void> {
  const medium = deps.drive.current();
  if (medium === null || medium.readOnly) return;
  const { device } = deps;
  const jws = await signOpenings(
    { version: 1, playerId: device.playerId, mediumId, openings: device.sittings(mediumId) },
    device.signingKey,
  );
  await medium.replaceSmall(openingsFile(device.playerId), Buffer.from(jws, 'ascii'));
}

/** Opens a copy with its slot, and with the player's own key where the binding is `players`. Refusals: `RefusalCode`. */
export async function openCopy(deps: ShelfDeps, copyId: CopyId): Promise<Result<OpenedCopy, Refusal>> {
  const medium = deps.drive.current();
  if (medium === null) return refuse('medium_missing');
  const report = await inspectMedium(deps);
  if (!report.ok) return refuse(FOREIGN.has(report.error.code) ? 'medium_foreign' : 'medium_unreadable');
  const copy = report.value.copies.find((each) => each.copyId === copyId);
  if (copy === undefined) return refuse('copy_unknown');
  const facts = await factsFor(deps, report.value);
  const refusal = refusalOf(deps, copy, facts);
  if (refusal !== null) return refuse(refusal);
  const slot = await readSlot(medium, copyId, { trust: deps.trust, key: deps.device.signingKey });
  if (!slot.ok) return refuse(slotRefusal(slot.error.code));
  if (copy.licence === null) return refuse('medium_unreadable');
  const identity = await openSlot(slot.value, deps.device.ageIdentity);
  if (!identity.ok) return refuse(slotRefusal(identity.error.code));
  const range = mediumRange(medium, contentFile(copyId));
  const content = await openContent(range.read, copy.contentBytes, identity.value);
  await range.rest();
  if (!content.ok) return refuse('copy_damaged', content.error.message);
  await deps.device.markUsed(copyId, facts.now);
  const { endsAt } = shelfCopy(deps, copy, facts);
  const mediumId = copy.licence.keyturn.mediumId;
  return ok({
    copyId,
    mediumId,
    mediaType: copy.licence.keyturn.mediaType,
    content: content.value,
    rest: range.rest,
    medium,
    endsAt,
  });
}

/** What is not this fleet's, or not what it says it is. */
const FOREIGN: ReadonlySet<string> = new Set(['medium_foreign', 'medium_counterfeit']);

const refuse = (code: RefusalCode, message: string = code) => fault(code, message);

/** What decides of every copy of a medium alike. */
interface Facts {
  readonly now: EpochMs;
  /** The wall clock stands before what the player itself knows, or before what terminals signed on this medium. */
  readonly setBack: boolean;
  /** The medium's member removed this player. */
  readonly revoked: boolean;
}

/** Terminals' clocks may be an hour from the hub's (they rent nothing beyond), players' some minutes: nobody who brings home what was just written is told that the clock is wrong. */
const WITNESS_TOLERANCE_MS = 75 * 60_000;

async function factsFor({ drive, trust, device }: ShelfDeps, report: MediumReport): Promise<Facts> {
  const { now, setBack } = await device.time();
  const medium = drive.current();
  const mediumId = report.identity?.mediumId;
  const revoked =
    medium === null || mediumId === undefined ? [] : await readRevokedPlayers(medium, mediumId, trust);
  const witness = Math.max(
    0,
    ...report.copies.flatMap(({ licence, startedAt }) => [
      licence?.issued ?? 0,
      licence?.updated ?? 0,
      licence?.rights.start ?? 0,
      startedAt ?? 0,
    ]),
  );
  return {
    now,
    setBack: setBack || now < witness - WITNESS_TOLERANCE_MS,
    revoked: revoked.includes(device.playerId),
  };
}

function shelfCopy(deps: ShelfDeps, copy: CopyOnMedium, facts: Facts): ShelfCopy {
  const { licence, copyId } = copy;
  const kept = licence?.keyturn.keep != null && facts.now >= licence.keyturn.keep.at;
  return {
    copyId,
    title: licence?.keyturn.title ?? null,
    mediaType: licence?.keyturn.mediaType ?? null,
    bytes: licence?.keyturn.plaintextBytes ?? copy.contentBytes,
    refusal: refusalOf(deps, copy, facts),
    endsAt: licence === null || kept ? null : licenceEndAt(licence, deps.device.firstUse(copyId)),
    position: deps.device.position(copyId),
    begun: deps.device.firstUse(copyId) !== null,
    kept,
    poster: null,
    subtitles: [],
    licence: licence === null ? null : termsOf(licence),
  };
}

const termsOf = ({ issued, rights, keyturn }: Licence): CopyTerms => ({
  issuedAt: issued,
  end: rights.end,
  startWithinSeconds: rights.startWithinSeconds,
  finishWithinSeconds: rights.finishWithinSeconds,
  print: rights.print,
  copy: rights.copy,
  binding: keyturn.binding,
  terminal: keyturn.terminal,
});

/** Titles that the last return terminal left for this member's players (RET-6); none where this player is not among its readers. */
async function advisedOn(deps: ShelfDeps, { recommendations }: MediumReport): Promise<readonly Advised[]> {
  if (recommendations === null) return [];
  const opened = await openRecommendations(recommendations, deps.device.ageIdentity, deps.trust);
  if (!opened.ok) return [];
  return opened.value.payload.titles
    .flatMap(({ titleId, name, reason }) =>
      name === undefined ? [] : [{ titleId, name, reason: reason.code }],
    )
    .slice(0, 12);
}

function refusalOf(deps: ShelfDeps, copy: CopyOnMedium, facts: Facts): RefusalCode | null {
  switch (copy.condition) {
    case 'returned':
    case 'torn':
      return 'copy_returned';
    case 'held':
    case 'unfinished':
      return 'copy_not_confirmed';
    case 'void':
    case 'damaged':
      if (copy.trouble?.code === 'certificate_revoked') return 'copy_signer_revoked';
      return copy.trouble?.code === 'certificate_foreign' ? 'copy_foreign' : 'copy_damaged';
    case 'active':
    case 'returning':
      return facts.revoked ? 'player_revoked' : licenceRefusal(deps, copy, facts);
  }
}

function licenceRefusal(deps: ShelfDeps, copy: CopyOnMedium, { now, setBack }: Facts): RefusalCode | null {
  if (copy.licence === null) return 'copy_damaged';
  if (setBack) return 'clock_set_back';
  const status = licenceStatusAt(copy.licence, now, deps.device.firstUse(copy.copyId));
  if (status === 'expired') return 'copy_expired';
  if (status === 'returned' || status === 'cancelled') return 'copy_returned';
  return status === 'revoked' ? 'copy_revoked' : null;
}

function slotRefusal(code: SlotFault['code'] | 'medium_unreadable'): RefusalCode {
  if (code === 'slot_destroyed') return 'copy_returned';
  if (code === 'medium_unreadable') return code;
  return code === 'slot_not_for_this_player' ? 'copy_not_for_this_player' : 'copy_damaged';
}
