import { createSimulatedDrive, type SimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, EditionId, MediumId, RentalId, ReturnId, TitleId } from '#shared/kernel/ids.ts';
import { type EpochMs, epochMs } from '#shared/kernel/time.ts';
import { bytesSource } from '#shared/media/bytes-source.ts';
import { sha256Hex } from '#shared/media/certificate.ts';
import type { LicenceDraft } from '#shared/media/licence.ts';
import type { AcceptInput, MediaDeps, WriteCopyInput } from '#shared/media/orders.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import type {
  CopyIntents,
  ReturnIntent,
  ReturnIntents,
  SlotBegin,
  WriteCommit,
  WriteIntent,
} from '#shared/ports/copy-intents.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { FOUNDED } from './founded.ts';

/** Noon of the second day of a test fleet. */
export const NOON = epochMs(FOUNDED + 36 * 3_600_000);

/** A terminal's own disk: what was recorded survives everything that happens to medium and program. */
export interface Records extends CopyIntents, ReturnIntents {
  readonly intents: WriteIntent[];
  readonly slotBegins: SlotBegin[];
  readonly commits: WriteCommit[];
  readonly failed: string[];
  readonly held: string[];
  readonly returnIntents: ReturnIntent[];
  readonly receipts: Map<ReturnId, string>;
}

/** `gate` is passed before and after each record: a test cuts the power there. */
export function memoryRecords(gate: () => void = () => {}): Records {
  const records: Records = {
    intents: [],
    slotBegins: [],
    commits: [],
    failed: [],
    held: [],
    returnIntents: [],
    receipts: new Map(),
    recordIntent: async (intent) => around(() => records.intents.push(intent)),
    recordSlotBegin: async (begin) => around(() => records.slotBegins.push(begin)),
    recordCommit: async (commit) => around(() => records.commits.push(commit)),
    recordFailed: async (intent) => around(() => records.failed.push(intent.copyId)),
    recordHeld: async (intent) => around(() => records.held.push(intent.copyId)),
    recordReturnIntent: async (intent) => around(() => records.returnIntents.push(intent)),
    commitReceipt: async (returnId, make) => {
      gate();
      const present = records.receipts.get(returnId);
      if (present !== undefined) return present;
      const previous = [...records.receipts.values()].at(-1);
      const receipt = await make({
        counter: records.receipts.size + 1,
        previous: previous === undefined ? '0'.repeat(64) : sha256Hex(Buffer.from(previous)),
      });
      records.receipts.set(returnId, receipt);
      gate();
      return receipt;
    },
  };
  const around = (work: () => void): void => {
    gate();
    work();
    gate();
  };
  return records;
}

export interface Bench {
  readonly deps: MediaDeps;
  readonly drive: SimulatedDrive;
  readonly random: Random;
  readonly clock: ReturnType<typeof simulatedClock>;
}

/** A terminal with a simulated drive, a standing clock and seeded chance. */
export function bench(trust: FleetTrust, signer: Signer, seed: number | string, at: EpochMs = NOON): Bench {
  const random = seededRandom(seed);
  const clock = simulatedClock(at);
  const drive = createSimulatedDrive({ name: 'simulated', clock, random });
  return { drive, random, clock, deps: { drive, clock, random, signer, trust } };
}

export function aDraft(random: Random, changes: Partial<LicenceDraft['keyturn']> = {}) {
  const id = <Id extends string>() => newId<Id>({ now: () => NOON }, random);
  const fixed = {
    id: id<string>(),
    rentalId: id<RentalId>(),
    titleId: id<TitleId>(),
    editionId: id<EditionId>(),
  };
  return (at: EpochMs): LicenceDraft => ({
    id: fixed.id,
    provider: 'https://provider.example',
    rights: {
      start: at,
      end: epochMs(at + 48 * 3_600_000),
      print: 0,
      copy: 0,
      startWithinSeconds: null,
      finishWithinSeconds: null,
    },
    keyturn: {
      rentalId: fixed.rentalId,
      titleId: fixed.titleId,
      title: 'The Night Train',
      editionId: fixed.editionId,
      mediaType: 'video/webm',
      tariff: { name: 'two days' },
      site: { zone: 'Europe/Berlin' },
      binding: 'none',
      memberToken: 'mt_0123456789abcdefghijkl',
      keep: null,
      ...changes,
    },
  });
}

export function aWrite(
  random: Random,
  intents: CopyIntents,
  plaintext: Uint8Array,
  changes: Partial<WriteCopyInput> = {},
): WriteCopyInput {
  return {
    copyId: newId<CopyId>({ now: () => NOON }, random),
    source: bytesSource(plaintext),
    licence: aDraft(random),
    playerRecipients: [],
    playerKeys: [],
    mediumClass: 'plain',
    newMedium: {
      mediumId: newId<MediumId>({ now: () => NOON }, random),
      accessKey: 'access-key-0123456789',
    },
    intents,
    verification: 'sampled',
    chunkIndices: [0, 1, 999],
    minimumBytesPerSecond: 0,
    ...changes,
  };
}

export function anAccept(random: Random, copyId: CopyId, changes: Partial<AcceptInput> = {}): AcceptInput {
  return {
    copyId,
    returnId: newId<ReturnId>({ now: () => NOON }, random),
    challenge: async () => offlineChallenge('rt-one', 1),
    openReturns: [],
    knownActive: false,
    ...changes,
  };
}

/** The value of a result that the test relies on. */
export function value<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: { code: string; message: string } },
): T {
  assert(result.ok, result.ok ? '' : `${result.error.code}: ${result.error.message}`);
  return result.value;
}
