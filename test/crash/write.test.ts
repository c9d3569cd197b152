import { beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { PowerCut, type StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { MediaDeps, WriteOutcome } from '#shared/media/orders.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { CopyIntents } from '#shared/ports/copy-intents.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aWrite, type Bench, bench, memoryRecords, type Records } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { conditionOn, playable, readable } from './judge.ts';
import { keyBeforeContent, withoutPowerCycle } from './mutants.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
});

const PLAINTEXT = Buffer.alloc(100_000, 'film ');
const EFFECTS: readonly StepEffect[] = [
  'refused',
  'full',
  'pull-before',
  'pull-torn',
  'pull-after',
  'cut-before',
  'cut-torn',
  'cut-after',
];

interface Run {
  readonly stage: Bench;
  readonly medium: MemoryMedium;
  readonly records: Records;
  readonly copyId: Parameters<typeof readable>[1];
  readonly outcome: WriteOutcome | 'cut';
  readonly steps: number;
}

interface Ports {
  readonly drive: MediaDrive;
  readonly intents: CopyIntents;
}
interface Change {
  readonly wrap?: (ports: Ports) => Ports;
  readonly lyingSync?: boolean;
}

/** One write with a fault at one step; a record of the terminal's disk may be the moment of the cut too. */
async function run(
  at: { step: number; effect: StepEffect } | null,
  cutAtRecord: number,
  change: Change = {},
): Promise<Run> {
  const stage = bench(fleet.trust, kiosk, `write ${at?.step} ${at?.effect} ${cutAtRecord}`);
  const medium = memoryMedium('stick');
  await stage.drive.insert(medium);
  let gates = 0;
  const records = memoryRecords(() => {
    gates += 1;
    if (gates === cutAtRecord) throw new PowerCut('the terminal lost power while recording');
  });
  stage.drive.setFault({ at, lyingSync: change.lyingSync ?? false });
  const own: Ports = { drive: stage.drive, intents: records };
  const { drive, intents } = change.wrap?.(own) ?? own;
  const input = aWrite(stage.random, intents, PLAINTEXT);
  const deps: MediaDeps = { ...stage.deps, drive };
  const outcome = await writeCopy(deps, input).catch((error: unknown) => {
    if (error instanceof PowerCut) return 'cut' as const;
    throw error;
  });
  return { stage, medium, records, copyId: input.copyId, outcome, steps: stage.drive.steps() };
}

/** What must hold whenever and however a write ended (RNT-1, RNT-2, RNT-6). Answers what was violated. */
async function violations({ medium, records, copyId, outcome }: Run): Promise<readonly string[]> {
  const found: string[] = [];
  const begun = records.slotBegins.length > 0;
  const charged = records.commits.length > 0;
  const open = await readable(medium, copyId);
  if (open && !begun) found.push('readable although the terminal never recorded the key');
  if (open && records.failed.length > 0) found.push('readable although recorded as failed');
  if (charged && !(await playable(medium, copyId, PLAINTEXT))) found.push('charged and not playable');
  if (outcome !== 'cut') {
    if (outcome.kind === 'written' && !charged) found.push('written and not recorded');
    if (outcome.kind === 'failed' && (open || charged)) found.push('failed, yet readable or charged');
    if (outcome.kind === 'held' && !begun) found.push('held without a record');
  }
  return found;
}

/** The kiosk starts again: by its records the rental is nothing, held or active; a held one is settled when the medium is seen again. */
async function recover(before: Run, at: { step: number; effect: StepEffect } | null): Promise<Run> {
  const { stage, medium, copyId } = before;
  stage.drive.pull();
  stage.drive.setFault({});
  await stage.drive.insert(medium);
  const { records } = before;
  const held = records.slotBegins.length > 0 && records.commits.length + records.failed.length === 0;
  if (!held) return before;
  stage.drive.setFault({ at });
  const later = memoryRecords();
  const settled = await settleHeld(stage.deps, {
    copyId,
    intents: later,
    chunkIndices: [0],
    verification: 'sampled',
  }).catch((error: unknown) => {
    if (error instanceof PowerCut) return null;
    throw error;
  });
  const steps = stage.drive.steps();
  stage.drive.setFault({});
  const merged = { ...records, commits: later.commits, failed: later.failed };
  const after: Run = { ...before, records: merged, outcome: 'cut', steps };
  if (settled?.kind === 'active') expect(await playable(medium, copyId, PLAINTEXT)).toBe(true);
  if (settled?.kind === 'void' || settled?.kind === 'missing')
    expect(await readable(medium, copyId)).toBe(false);
  return after;
}

describe('a write stopped anywhere', () => {
  it('RNT-1 RNT-2 RNT-6: at every I/O step and every kind of stop: readable ⇒ recorded, charged ⇒ playable, failed ⇒ unreadable', async () => {
    const total = (await run(null, 0)).steps;
    expect(total).toBeGreaterThan(40);
    for (const effect of EFFECTS)
      for (let step = 1; step <= total; step += 1) {
        const done = await run({ step, effect }, 0);
        expect(await violations(done), `${effect} at step ${step}`).toEqual([]);
      }
  });

  it('RNT-2: power cut before and after each record of the terminal’s own disk', async () => {
    for (let record = 1; record <= 6; record += 1) {
      const done = await run(null, record);
      expect(done.outcome).toBe('cut');
      expect(await violations(done), `record ${record}`).toEqual([]);
      expect(await violations(await recover(done, null)), `record ${record}, settled`).toEqual([]);
    }
  });

  it('RNT-6: whatever was held is settled to active or void; stopped again at every step of settling, it still is later', async () => {
    const total = (await run(null, 0)).steps;
    let settlings = 0;
    for (const effect of ['pull-torn', 'cut-after'] as const)
      for (let step = 1; step <= total; step += 1) {
        const first = await run({ step, effect }, 0);
        const { slotBegins, commits, failed } = first.records;
        if (slotBegins.length === 0 || commits.length + failed.length > 0) continue;
        const clean = await recover(await run({ step, effect }, 0), null);
        expect(await violations(clean), `${effect} at ${step}`).toEqual([]);
        for (let again = 1; again <= clean.steps; again += 3) {
          const stopped = await recover(await run({ step, effect }, 0), { step: again, effect: 'cut-torn' });
          expect(await violations(stopped), `${effect} at ${step}, settling cut at ${again}`).toEqual([]);
          const finally_ = await recover(stopped, null);
          expect(await violations(finally_), `${effect} at ${step}, cut at ${again}, settled`).toEqual([]);
          settlings += 1;
        }
      }
    expect(settlings).toBeGreaterThan(20);
  });

  it('RNT-1: a device that lies about sync never gets a rental charged that does not play', async () => {
    const done = await run(null, 0, { lyingSync: true });
    done.stage.drive.pull();
    await done.stage.drive.insert(done.medium);
    expect(await violations(done)).toEqual([]);
    expect(done.records.commits).toHaveLength(0);
  });

  it('RNT-6: a clean write leaves an active copy', async () => {
    const done = await run(null, 0);
    expect(done.outcome).toMatchObject({ kind: 'written' });
    expect(await conditionOn(done.stage.deps, done.copyId)).toBe('active');
  });
});

describe('the wrong orders are caught', () => {
  const caught = async (change: Change): Promise<boolean> => {
    const total = (await run(null, 0, change)).steps;
    for (let step = 1; step <= total; step += 1)
      for (const effect of ['pull-after', 'cut-after'] as const)
        if ((await violations(await run({ step, effect }, 0, change))).length > 0) return true;
    const lying = await run(null, 0, { ...change, lyingSync: true });
    lying.stage.drive.pull();
    await lying.stage.drive.insert(lying.medium);
    return (await violations(lying)).length > 0;
  };

  it('RNT-2 mutant: without SLOT_BEGIN', async () => {
    const silent = ({ drive, intents }: Ports): Ports => ({
      drive,
      intents: { ...intents, recordSlotBegin: async () => {} },
    });
    expect(await caught({ wrap: silent })).toBe(true);
  });

  it('RNT-2 mutant: slot before content', async () => {
    expect(await caught({ wrap: ({ drive, intents }) => keyBeforeContent(drive, intents) })).toBe(true);
  });

  it('RNT-1 mutant: no power cycle before the read-back', async () => {
    expect(
      await caught({ wrap: ({ drive, intents }) => ({ drive: withoutPowerCycle(drive), intents }) }),
    ).toBe(true);
  });
});
