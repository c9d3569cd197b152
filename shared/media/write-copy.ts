import type { CopyId, MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { ChunkHash, SlotBegin, WriteCommit, WriteIntent } from '#shared/ports/copy-intents.ts';
import type { LargeFileWriter, MountedMedium, ReadBackKind } from '#shared/ports/media-drive.ts';
import { freshIdentity } from './container/age-header.ts';
import { type ContentPlan, planContent, streamContent } from './container/content-writer.ts';
import { type LoadedCopy, writeState } from './copy-files.ts';
import { leaveExtras } from './extras.ts';
import { appendJournal } from './journal.ts';
import {
  contentFile,
  LIMITS,
  licenceFile,
  SLOT_RECIPIENTS,
  STATE_BLOCK_BYTES,
  STATE_BYTES,
  stateFile,
} from './layout.ts';
import { completeLicence, type Licence, licenceDraftSchema } from './licence.ts';
import type { MediaDeps, WriteCopyInput, WriteFailureCode, WriteOutcome } from './orders.ts';
import {
  clearedReturns,
  judgeMedium,
  layFolders,
  type PreparedMedium,
  reclaimSpace,
} from './prepare-medium.ts';
import { type ProgressMeter, progressMeter, TOO_SLOW_MS } from './progress.ts';
import { newSession } from './session.ts';
import { signJws } from './signing.ts';
import { createSlot, slotCheck } from './slot.ts';
import { type NewKey, slotPlaceOf } from './slot-place.ts';
import { slotProofKey } from './slot-proof.ts';
import { type StateFile, type StateRecord, stateBlock } from './state-record.ts';
import { sampleIndices, verifyCopy } from './verify-copy.ts';
import { cycleAndReload, removeKeyless, wipeCopy } from './wipe-copy.ts';

type WriteFault = Fault<WriteFailureCode>;

interface Session {
  readonly deps: MediaDeps;
  readonly input: WriteCopyInput;
  readonly prepared: PreparedMedium;
  readonly intent: WriteIntent;
  readonly meter: ProgressMeter;
}

/** What is known of a copy once its content and licence are on the medium and its key is not. */
interface Laid {
  readonly slot: Uint8Array;
  readonly identity: string;
  readonly licence: Licence;
  readonly begin: SlotBegin;
  readonly states: StateFile;
  readonly totalBytes: number;
}

/**
 * Writes one copy onto the medium in the drive, in the order of DESIGN §4: intent → content → licence → SLOT_BEGIN → slot → state ACTIVE
 * → power cycle → read back and verify → commit. Never throws for anything a medium, source or drive does. RNT-1, RNT-2, RNT-4.
 */
export async function writeCopy(deps: MediaDeps, input: WriteCopyInput): Promise<WriteOutcome> {
  const meter = progressMeter(deps.clock, input.progress);
  meter.step('preparing', 0, input.source.bytes);
  const draft = licenceDraftSchema.safeParse(input.licence(deps.clock.now()));
  if (!draft.success) return failed(fault('licence_invalid', 'the licence draft is not valid').error);
  const players = judgePlayers(draft.data.keyturn.binding, input);
  if (!players.ok) return failed(players.error);
  const prepared = await judgeMedium(deps, input);
  if (!prepared.ok) return failed(prepared.error);
  const intent: WriteIntent = {
    copyId: input.copyId,
    rentalId: draft.data.keyturn.rentalId,
    mediumId: prepared.value.identity.mediumId,
    sessionNonce: newSession(deps.random),
    at: deps.clock.now(),
  };
  const session: Session = { deps, input, prepared: prepared.value, intent, meter };
  await input.intents.recordIntent(intent, clearedReturns(prepared.value));
  const laid = await layCopy(session);
  if (!laid.ok) return abandon(session, laid.error);
  await input.intents.recordSlotBegin(laid.value.begin);
  const keyed = await placeKey(session, laid.value);
  if (!keyed.ok) return wipeOrHold(session, keyed.error);
  const proven = await readBack(session, laid.value);
  if (!proven.ok) return wipeOrHold(session, proven.error);
  return commit(session, laid.value, proven.value);
}

function judgePlayers(binding: 'none' | 'players', input: WriteCopyInput): Result<void, WriteFault> {
  if (binding === 'none') return ok(undefined);
  const { playerRecipients, playerKeys, mediumClass } = input;
  if (playerRecipients.length === 0 || (mediumClass === 'secure' && playerKeys.length === 0))
    return fault('players_missing', 'binding to players needs at least one player');
  return Math.max(playerRecipients.length, playerKeys.length) > SLOT_RECIPIENTS
    ? fault('players_too_many', `a copy is bound to at most ${SLOT_RECIPIENTS} players`)
    : ok(undefined);
}

const failed = (error: WriteFault): WriteOutcome => ({
  kind: 'failed',
  code: error.code,
  message: error.message,
});

/** Everything up to the moment before the key: of what this leaves behind nothing can be read. */
async function layCopy(session: Session): Promise<Result<Laid, WriteFault>> {
  const { deps, input, prepared, intent } = session;
  const reclaimed = await reclaimSpace(deps, prepared);
  if (!reclaimed.ok) return reclaimed;
  const folders = await layFolders(deps, prepared, input.copyId);
  if (!folders.ok) return folders;
  const states = await layState(session);
  if (!states.ok) return states;
  const empty = await slotPlaceOf(deps, prepared.medium).lay(input.copyId);
  if (!empty.ok) return empty;
  const key = await freshIdentity();
  const plan = await planContent(key.recipient, input.source.bytes, deps.random.bytes(16));
  if (!plan.ok) return plan;
  const hashes = await writeContent(session, plan.value);
  if (!hashes.ok) return hashes;
  session.meter.step('key', 0, 1);
  const at = deps.clock.now();
  const draft = licenceDraftSchema.safeParse(input.licence(at));
  if (!draft.success) return fault('licence_invalid', 'the licence draft is not valid');
  const slot = await createSlot(key.identity, draft.data.keyturn.binding, input.playerRecipients);
  const wanted = new Set(input.chunkIndices);
  const facts = {
    copyId: input.copyId,
    mediumId: intent.mediumId as MediumId,
    plaintextBytes: plan.value.plaintextBytes,
    chunkCount: plan.value.chunkCount,
    slotCheck: slotCheck(slot),
    probes: hashes.value.probes,
    terminal: deps.signer.id,
  };
  const licence = completeLicence(draft.data, facts, at);
  const licenceJws = await signJws('keyturn-licence', licence, deps.signer, at);
  if (licenceJws.length > LIMITS.licenceBytes) return fault('licence_invalid', 'the licence is too long');
  const placed = await prepared.medium.replaceSmall(
    licenceFile(input.copyId),
    Buffer.from(licenceJws, 'ascii'),
  );
  if (!placed.ok) return placed;
  if (input.extras !== undefined)
    await leaveExtras(prepared.medium, input.copyId, input.extras, key.recipient, deps.signer, at);
  const begin: SlotBegin = {
    ...intent,
    at,
    licenceJws,
    slotProofKey: slotProofKey(slot, intent.rentalId),
    chunkHashes: hashes.value.all.filter((hash) => wanted.has(hash.index)),
  };
  const { identity } = key;
  return ok({ slot, identity, licence, begin, states: states.value, totalBytes: plan.value.totalBytes });
}

async function layState(session: Session): Promise<Result<StateFile, WriteFault>> {
  const { deps, prepared, intent } = session;
  const record: StateRecord = {
    ...facts(intent),
    version: 1,
    sequence: 1,
    state: 'WRITING',
    at: deps.clock.now(),
    terminal: deps.signer.id,
    startedAt: null,
  };
  const file = new Uint8Array(STATE_BYTES);
  file.set(await stateBlock(record, deps.signer), STATE_BLOCK_BYTES);
  const written = await prepared.medium.replaceSmall(stateFile(intent.copyId), file);
  return written.ok ? ok({ current: record, records: [null, record], nextBlock: 0, fault: null }) : written;
}

const facts = (intent: WriteIntent) => ({
  copyId: intent.copyId,
  rentalId: intent.rentalId,
  mediumId: intent.mediumId,
  session: intent.sessionNonce,
  returning: null,
});

interface ContentHashes {
  readonly all: readonly ChunkHash[];
  readonly probes: readonly ChunkHash[];
}

async function writeContent(session: Session, plan: ContentPlan): Promise<Result<ContentHashes, WriteFault>> {
  const { deps, input, prepared, meter } = session;
  const probes = new Set([plan.chunkCount - 1, ...sampleIndices(deps.random, plan.chunkCount, 7)]);
  const writer = await prepared.medium.createLarge(contentFile(input.copyId), plan.totalBytes);
  if (!writer.ok) return writer;
  const streamed = await streamContent(plan, input.source, writer.value, {
    hashChunks: new Set([...input.chunkIndices, ...probes]),
    onProgress: (bytesDone) => {
      meter.step('content', bytesDone, plan.plaintextBytes);
      return judgePace(input, meter);
    },
  });
  const finished = streamed.ok ? await finish(writer.value) : streamed;
  if (!finished.ok || !streamed.ok) {
    await writer.value.abort();
    return finished.ok ? fault('write_aborted', 'content not written') : finished;
  }
  return ok({ all: streamed.value, probes: streamed.value.filter((hash) => probes.has(hash.index)) });
}

const finish = (writer: LargeFileWriter): Promise<Result<void, WriteFault>> => writer.finish();

function judgePace(
  input: WriteCopyInput,
  meter: ProgressMeter,
): Result<void, Fault<'write_aborted' | 'medium_too_slow'>> {
  if (input.abort?.aborted) return fault('write_aborted', 'given up before the key was written');
  const slow = meter.window() >= TOO_SLOW_MS && meter.rate() < input.minimumBytesPerSecond;
  return slow ? fault('medium_too_slow', `${meter.rate()} bytes per second`) : ok(undefined);
}

/** The key, then the state that says so. From the first byte on only a proof or a wipe ends this copy. */
async function placeKey(session: Session, laid: Laid): Promise<Result<StateFile, WriteFault>> {
  const { deps, input, prepared, intent } = session;
  const { copyId, rentalId } = laid.licence.keyturn;
  const readers = laid.licence.keyturn.binding === 'none' ? 'any' : input.playerKeys;
  const key: NewKey = { copyId, rentalId, slot: laid.slot, readers };
  const slotted = await slotPlaceOf(deps, prepared.medium).put(key);
  if (!slotted.ok) return slotted;
  const active = { ...facts(intent), state: 'ACTIVE', startedAt: null } as const;
  return writeState(prepared.medium, laid.states, active, deps.signer, deps.clock.now());
}

interface Proven {
  readonly medium: MountedMedium;
  readonly copy: LoadedCopy;
  readonly readBack: ReadBackKind;
  readonly chunksVerified: number;
}

async function readBack(session: Session, laid: Laid): Promise<Result<Proven, WriteFault>> {
  const { deps, input, intent, meter } = session;
  meter.step('verifying', 0, 1);
  const cycled = await cycleAndReload(deps, intent.mediumId, intent.copyId, intent.sessionNonce);
  if (!cycled.ok) return cycled;
  const { medium, copy } = cycled.value;
  if (copy.contentBytes !== laid.totalBytes || copy.licenceJws !== laid.begin.licenceJws)
    return fault('verification_failed', 'content or licence did not come back as written');
  const verified = await verifyCopy(medium, copy, {
    verification: input.verification,
    random: deps.random,
    identity: laid.identity,
    chunkIndices: [],
    onChunk: (done, total) => meter.step('verifying', done, total),
  });
  if (!verified.ok) return verified;
  return ok({ medium, copy, readBack: cycled.value.readBack, chunksVerified: verified.value.chunksVerified });
}

async function commit(session: Session, laid: Laid, proven: Proven): Promise<WriteOutcome> {
  const { deps, input, intent, meter } = session;
  const startedAt = deps.clock.now();
  const committed: WriteCommit = {
    ...laid.begin,
    at: startedAt,
    startedAt,
    plaintextBytes: laid.licence.keyturn.plaintextBytes,
    chunkCount: laid.licence.keyturn.chunkCount,
    verification: input.verification,
    chunksVerified: proven.chunksVerified,
    readBack: proven.readBack,
  };
  await input.intents.recordCommit(committed);
  await confirmOnMedium(deps, proven.medium, proven.copy, intent.sessionNonce, startedAt);
  meter.step('done', input.source.bytes, input.source.bytes);
  return { kind: 'written', licence: laid.licence, commit: committed };
}

/**
 * Leaves the verified start on the medium, for charges computed offline. The rental does not hang on it: without it the licence's own start, seconds
 * earlier, counts offline and the hub's figure later pays back the difference (CHG-7).
 */
export async function confirmOnMedium(
  deps: MediaDeps,
  medium: MountedMedium,
  copy: LoadedCopy,
  session: string,
  startedAt: EpochMs,
): Promise<void> {
  const { current } = copy.stateFile;
  if (current === null) return;
  const { copyId, rentalId, mediumId } = current;
  const active = {
    state: 'ACTIVE',
    copyId,
    rentalId,
    mediumId,
    session,
    startedAt,
    returning: null,
  } as const;
  const written = await writeState(medium, copy.stateFile, active, deps.signer, startedAt);
  if (written.ok)
    await appendJournal(medium, deps.signer, deps.trust, startedAt, { kind: 'copy_written', copyId });
}

/** Before the key: nothing is readable, whether or not the remains could be removed. */
async function abandon(session: Session, error: WriteFault): Promise<WriteOutcome> {
  const { deps, input, intent, prepared } = session;
  if (prepared.medium.present()) await removeKeyless(prepared.medium, intent.copyId as CopyId);
  await input.intents.recordFailed({ ...intent, at: deps.clock.now() }, error.code);
  return failed(error);
}

/** After SLOT_BEGIN: only a proven wipe makes it a failure; otherwise the rental is held (RNT-6). */
async function wipeOrHold(session: Session, error: WriteFault): Promise<WriteOutcome> {
  const { deps, input, intent } = session;
  const wiped = await wipeCopy(deps, intent.mediumId, intent.copyId, intent.sessionNonce);
  const now = { ...intent, at: deps.clock.now() };
  if (wiped.ok) {
    await input.intents.recordFailed(now, error.code);
    return failed(error);
  }
  await input.intents.recordHeld(now, error.code);
  return { kind: 'held', code: error.code, message: `${error.message}; ${wiped.error.message}` };
}
