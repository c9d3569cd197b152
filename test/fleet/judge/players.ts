import type { CopyOpeningRow, PlayerKeyRow, RentalRow } from '#hub/ports/rows/index.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { licenceFile, MEDIUM_FILE, slotFile, stateFile } from '#shared/media/layout.ts';
import type { Licence } from '#shared/media/licence.ts';
import type { MediumIdentity } from '#shared/media/medium-identity.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { readState, type StateRecord } from '#shared/media/state-record.ts';
import { CLOCK_SLACK_MS, type HomePlayer } from '../world/home-player.ts';
import { chipIdOf, type Stick } from '../world/sticks.ts';
import type { World } from '../world/world.ts';
import { readCopies } from './media.ts';

const MINUTE = 60_000;
/** A clock that lags by less is not called set back (PLY-1). */
const LAGS_MS = 10 * MINUTE;
/** Beyond this a terminal's clock rents nothing, so what it signed is a witness of the time. */
const WITNESS_MS = 75 * MINUTE;
/** A clock that is called right may be off by this much. */
const RIGHT_MS = 5 * MINUTE;

/** What truly stands on a stick of one copy, seen without any code of the player. */
export interface CopyTruth {
  readonly copyId: CopyId;
  /** Its key is there and opens its content. */
  readonly readable: boolean;
  /** Players that its key is for, by their age identities; none: for anybody, or for nobody who is known. */
  readonly readers: readonly string[];
  /** SEC-5: it stands on a stick that says it is another one, whose controller is not there. */
  readonly counterfeit: boolean;
  /** The stick does not say any more whose it is: a device that lied about sync lost it. */
  readonly unnamed: boolean;
  readonly mark: 'DESTROYED' | 'WIPED' | 'EMPTY' | null;
  readonly licence: Licence | null;
  readonly state: StateRecord | null;
}

/** A copy among all that stand on its stick. */
export interface Seen {
  readonly truth: CopyTruth;
  readonly all: readonly CopyTruth[];
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

/** What a signed file says, whoever signed it; null: nothing. */
export function saidIn<T>(medium: Stick, path: string): T | null {
  try {
    const [, payload] = text(medium.files.get(path)).split('.');
    return JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8')) as T;
  } catch {
    return null;
  }
}

const isCounterfeit = async (stick: Stick, said: MediumIdentity): Promise<boolean> =>
  stick.chip === undefined ? said.mediumClass === 'secure' : said.mediumId !== (await chipIdOf(stick));

/** Every copy on a stick. */
export async function copiesIn(medium: Stick, trust: FleetTrust): Promise<readonly CopyTruth[]> {
  const found: CopyTruth[] = [];
  const said = saidIn<MediumIdentity>(medium, MEDIUM_FILE);
  const [counterfeit, unnamed] = [said !== null && (await isCounterfeit(medium, said)), said === null];
  const inChip = medium.chip === undefined ? null : await medium.chip.inside();
  for (const { copyId, readable, readers } of await readCopies(medium)) {
    const inSlot = /^KEYTURN SLOT (DESTROYED|WIPED|EMPTY) /.exec(
      text(medium.files.get(slotFile(copyId))),
    )?.[1];
    const kept = inChip?.find((slot) => slot.copyId === copyId)?.state.toUpperCase();
    const mark = inChip === null ? inSlot : kept === 'KEY' ? null : kept;
    const bytes = medium.files.get(stateFile(copyId)) ?? new Uint8Array(0);
    found.push({
      ...{ copyId, readable, readers, counterfeit, unnamed },
      mark: (mark ?? null) as CopyTruth['mark'],
      licence: saidIn<Licence>(medium, licenceFile(copyId)),
      state: (await readState(bytes, copyId, trust)).current,
    });
  }
  return found;
}

/** Of a copy there is a folder and nothing in it: its write ended before it began. */
export const nothingOf = (copyId: CopyId): CopyTruth => ({
  ...{ copyId, readable: false, readers: [], counterfeit: false, unnamed: false },
  ...{ mark: null, licence: null, state: null },
});

/** Why a copy may be refused, by the code that says it, and whether it has to be. */
interface Causes {
  readonly may: ReadonlySet<string>;
  readonly must: boolean;
}

/** What a player may say of a copy, and whether it may open it, from what stands on the stick and what its clocks say. `now`: the truth; `identity`: the player's own key. */
export function causesOf(
  { truth, all }: Seen,
  player: Pick<HomePlayer, 'wall' | 'floor' | 'firstUse'>,
  now: number,
  identity: string,
): Causes {
  const may = new Set<string>();
  let must = false;
  const because = (code: string, surely = true): void => {
    may.add(code);
    must ||= surely;
  };
  const { licence, state, readable, mark, counterfeit, unnamed } = truth;
  // SEC-5: whatever else stands there, the stick is not what it says it is.
  if (counterfeit) return { may: new Set(['medium_foreign']), must: true };
  if (unnamed) for (const code of ['medium_unreadable', 'copy_damaged']) because(code);
  const begun = state?.state === 'RETURNING' || state?.state === 'DESTROYED';
  if (mark === 'DESTROYED' || (begun && !readable) || state?.state === 'DESTROYED') because('copy_returned');
  else if (!readable || licence === null || state === null || state.state === 'VOID') because('copy_damaged');
  // Of a slot that was overwritten in part, with nothing that says by which return, nobody can say more.
  if (!readable && !begun) because('copy_damaged');
  // No terminal of the fleet has confirmed it (RNT-6).
  if (!begun && (state?.startedAt ?? null) === null) because('copy_not_confirmed');
  if (licence?.keyturn.binding === 'players' && !truth.readers.includes(identity))
    because('copy_not_for_this_player');
  const [wall, floor] = [player.wall(), player.floor()];
  const known = Math.max(wall, floor);
  if (wall < floor - LAGS_MS + CLOCK_SLACK_MS)
    because('clock_set_back', wall < floor - LAGS_MS - CLOCK_SLACK_MS);
  const signed = Math.max(
    0,
    ...all.flatMap((one) => [one.licence?.issued ?? 0, one.licence?.updated ?? 0, one.state?.startedAt ?? 0]),
  );
  if (known < now - RIGHT_MS) because('clock_set_back', known < signed - WITNESS_MS - CLOCK_SLACK_MS);
  if (licence !== null) {
    const { rights, keyturn } = licence;
    const used = player.firstUse.get(truth.copyId);
    const ends = [
      rights.end,
      used === undefined && rights.startWithinSeconds !== null
        ? rights.start + rights.startWithinSeconds * 1000
        : null,
      used !== undefined && rights.finishWithinSeconds !== null
        ? used + rights.finishWithinSeconds * 1000
        : null,
    ].filter((end) => end !== null);
    const end = Math.min(Number.POSITIVE_INFINITY, ...ends);
    const kept = keyturn.keep === null ? Number.POSITIVE_INFINITY : keyturn.keep.at;
    if (known >= end - CLOCK_SLACK_MS && known < kept + CLOCK_SLACK_MS)
      because('copy_expired', known >= end + CLOCK_SLACK_MS && known < kept - CLOCK_SLACK_MS);
  }
  return { may, must };
}

/**
 * SEC-8: staff hear that a copy was open in two places only where it existed twice, or where a player's clock was wrong (`oddly`). Whose player it is
 * the hub alone knows, so a restored backup may have forgotten it (DESIGN §2): then it says of a bound copy that another one opened it. So it says, rightly, of a player that
 * another member paired by its code.
 */
export async function accusedAtRest(
  { database, wire }: World,
  doubled: ReadonlySet<CopyId>,
  oddly: ReadonlySet<CopyId>,
): Promise<readonly string[]> {
  const told = await database.stores.alerts.list({ code: 'security_copy_open_twice' }, { limit: 1_000_000 });
  const setBack = wire.faults.has('backup of yesterday restored');
  const rentals = await database.stores.rentals.list({ binding: 'players' }, { limit: 1_000_000 });
  const bound = new Set(rentals.map(({ copyId }) => copyId));
  const openings = await database.stores.copyOpenings.list({}, { limit: 1_000_000 });
  const keys = await database.stores.playerKeys.list({}, { limit: 1_000_000 });
  const strangers = openedByStrangers(rentals, openings, keys);
  return told
    .filter(({ subject }) => !doubled.has(subject as CopyId) && !oddly.has(subject as CopyId))
    .filter(({ subject }) => !(setBack && bound.has(subject as CopyId)))
    .filter(({ subject, message }) => !(message === OF_A_STRANGER && strangers.has(subject as CopyId)))
    .map(({ subject, message }) => `SEC-8: of copy ${subject}, which was there once, staff hear: ${message}`);
}

const OF_A_STRANGER = 'A copy bound to its member’s players was opened by another one.';

/**
 * Bound copies that were opened by a player of another member, who was quicker to type its code (SEC-6): a kiosk without the hub took it on for whose stick was in it, which staff
 * have to hear of.
 */
export function openedByStrangers(
  rentals: readonly Pick<RentalRow, 'copyId' | 'memberId'>[],
  openings: readonly Pick<CopyOpeningRow, 'copyId' | 'playerId'>[],
  keys: readonly Pick<PlayerKeyRow, 'playerId' | 'memberId' | 'addedBy'>[],
): ReadonlySet<CopyId> {
  const owners = new Map(
    keys.filter(({ addedBy }) => addedBy === 'code').map(({ playerId, memberId }) => [playerId, memberId]),
  );
  const members = new Map(rentals.map(({ copyId, memberId }) => [copyId, memberId]));
  const strange = openings.filter(({ copyId, playerId }) => {
    const owner = owners.get(playerId);
    return owner !== undefined && members.has(copyId) && members.get(copyId) !== owner;
  });
  return new Set(strange.map(({ copyId }) => copyId));
}

/** What a broken or pulled stick makes a player say, whatever stands on it. */
export const OF_THE_DRIVE: ReadonlySet<string> = new Set([
  'medium_missing',
  'medium_unreadable',
  'copy_damaged',
  'copy_unknown',
]);

/**
 * PLY-1, RET-3, RNT-1: a copy opens exactly when it should, and who is refused hears a true reason. `troubled`: the drive failed while the player looked.
 * `returned`: a terminal destroyed the key, and nobody made another one of this copy before, which nothing can keep people from on a plain medium (DESIGN §4).
 */
export function judgeAnswer(
  copyId: CopyId,
  { may, must }: Causes,
  answer: { readonly code: string } | { readonly address: string },
  { troubled, returned }: { readonly troubled: boolean; readonly returned: boolean },
  where: string,
): readonly string[] {
  if ('address' in answer) {
    const wrong: string[] = [];
    if (returned) wrong.push(`RET-3: copy ${copyId} opens in ${where} and has a receipt`);
    if (must) wrong.push(`PLY-1: copy ${copyId} opens in ${where} in spite of ${[...may].join(', ')}`);
    return wrong;
  }
  if (may.has(answer.code) || (troubled && OF_THE_DRIVE.has(answer.code))) return [];
  return may.size === 0
    ? [`PLY-1: copy ${copyId} does not open in ${where}: ${answer.code}`]
    : [`PLY-1: copy ${copyId} is refused in ${where} as ${answer.code}, in truth ${[...may].join(', ')}`];
}
