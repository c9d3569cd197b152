import { beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { type DriveFaults, PowerCut, type StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import type { AcceptedReturn, AcceptInput, DestroyOutcome, MediaDeps } from '#shared/media/orders.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { ReturnIntents } from '#shared/ports/copy-intents.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import {
  anAccept,
  aWrite,
  type Bench,
  bench,
  memoryRecords,
  NOON,
  type Records,
} from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { conditionOn, readable } from './judge.ts';
import { signFirst, withoutPowerCycle } from './mutants.ts';

let fleet: FleetAuthority;
let here: Signer;
let elsewhere: Signer;
let master: MemoryMedium;
let copyId: CopyId;
beforeAll(async () => {
  fleet = await foundFleet();
  const kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  here = await enrol(fleet, 'rt-one', 'return-terminal');
  elsewhere = await enrol(fleet, 'rt-two', 'return-terminal');
  const stage = bench(fleet.trust, kiosk, 'master');
  master = memoryMedium('master');
  await stage.drive.insert(master);
  const input = aWrite(stage.random, memoryRecords(), Buffer.alloc(100_000, 'film '));
  expect((await writeCopy(stage.deps, input)).kind).toBe('written');
  copyId = input.copyId;
});

const EFFECTS: readonly StepEffect[] = [
  'refused',
  'read-only',
  'pull-before',
  'pull-torn',
  'pull-after',
  'cut-before',
  'cut-torn',
  'cut-after',
];
const T0 = NOON;

interface Run {
  readonly stage: Bench;
  readonly medium: MemoryMedium;
  readonly records: Records;
  readonly accepted: AcceptedReturn;
  readonly outcome: DestroyOutcome | 'cut';
  readonly steps: number;
}

interface Ports {
  readonly drive: MediaDrive;
  readonly intents: ReturnIntents;
}
type Wrap = (ports: Ports) => Ports;

async function accept(stage: Bench, open: AcceptInput['openReturns']): Promise<AcceptedReturn> {
  const outcome = await acceptReturn(stage.deps, anAccept(stage.random, copyId, { openReturns: open }));
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.accepted;
}

async function destroy(
  stage: Bench,
  medium: MemoryMedium,
  records: Records,
  faults: DriveFaults,
  wrap: Wrap = (ports) => ports,
): Promise<Run> {
  const open = records.returnIntents.filter(({ returnId }) => !records.receipts.has(returnId));
  const accepted = await accept(stage, open);
  stage.drive.setFault(faults);
  const { drive, intents } = wrap({ drive: stage.drive, intents: records });
  const deps: MediaDeps = { ...stage.deps, drive };
  const outcome = await destroySlot(deps, { accepted, intents }).catch((error: unknown) => {
    if (error instanceof PowerCut) return 'cut' as const;
    throw error;
  });
  const steps = stage.drive.steps();
  stage.drive.setFault({});
  return { stage, medium, records, accepted, outcome, steps };
}

/** A first return at terminal one of a fresh copy of the medium, with a fault. */
async function first(faults: DriveFaults, cutAtRecord: number, wrap?: Wrap): Promise<Run> {
  const stage = bench(fleet.trust, here, `destroy ${JSON.stringify(faults.at)} ${cutAtRecord}`, T0);
  const medium = master.copy('stick');
  await stage.drive.insert(medium);
  let gates = 0;
  const records = memoryRecords(() => {
    gates += 1;
    if (gates === cutAtRecord) throw new PowerCut('the terminal lost power while recording');
  });
  return destroy(stage, medium, records, faults, wrap);
}

/** What must hold after any stop (RET-3): a receipt means unreadable; nothing is lost to the customer without one being due. */
async function violations({ medium, records, outcome }: Run): Promise<readonly string[]> {
  const found: string[] = [];
  const open = await readable(medium, copyId);
  if (open && records.receipts.size > 0) found.push('a receipt, and the copy is still readable');
  if (outcome !== 'cut' && outcome.kind === 'destroyed' && records.receipts.size === 0)
    found.push('destroyed without a receipt');
  if (outcome !== 'cut' && outcome.kind === 'interrupted' && outcome.slotIntact && !open)
    found.push('said to be intact, and is not');
  return found;
}

/** The medium is seen again, later, at `signer`: the return is finished there. */
async function again(before: Run, signer: Signer, records: Records, faults: DriveFaults): Promise<Run> {
  const stage = bench(fleet.trust, signer, `again ${JSON.stringify(faults.at)}`, epochMs(T0 + 3_600_000));
  before.stage.drive.pull();
  await stage.drive.insert(before.medium);
  return destroy(stage, before.medium, records, faults);
}

describe('a destruction stopped anywhere', () => {
  it('RET-3: at every I/O step and every kind of stop: receipt ⇒ unreadable, and another terminal finishes it', async () => {
    const clean = await first({}, 0);
    expect(clean.outcome).toMatchObject({ kind: 'destroyed' });
    expect(clean.steps).toBeGreaterThan(15);
    for (const effect of EFFECTS)
      for (let step = 1; step <= clean.steps; step += 1) {
        const label = `${effect} at step ${step}`;
        const stopped = await first({ at: { step, effect } }, 0);
        expect(await violations(stopped), label).toEqual([]);
        if (stopped.records.receipts.size > 0) continue;
        stopped.stage.drive.pull();
        await stopped.stage.drive.insert(stopped.medium);
        const intact = await readable(stopped.medium, copyId);
        const condition = await conditionOn(stopped.stage.deps, copyId);
        expect(['active', 'returning', 'torn', 'returned'], label).toContain(condition);
        if (condition === 'returned') continue;
        const finished = await again(stopped, elsewhere, memoryRecords(), {});
        expect(finished.outcome, label).toMatchObject({ kind: 'destroyed' });
        expect(await violations(finished), label).toEqual([]);
        // CHG-1: T0 of the first terminal counts only where overwriting had begun there.
        const whole = condition === 'active' || condition === 'returning';
        expect(finished.accepted.t0, label).toBe(whole ? epochMs(T0 + 3_600_000) : T0);
        expect(finished.accepted.returnId === stopped.accepted.returnId, label).toBe(!whole);
        if (intact && effect !== 'pull-torn' && effect !== 'cut-torn') expect(whole, label).toBe(true);
      }
  });

  it('RET-3: stopped again at every step of the recovery, it is finished at the third attempt', async () => {
    const clean = await first({}, 0);
    for (let step = 1; step <= clean.steps; step += 2)
      for (let second = 1; second <= clean.steps; second += 3) {
        const label = `torn at ${step}, again at ${second}`;
        const stopped = await first({ at: { step, effect: 'cut-torn' } }, 0);
        if (stopped.records.receipts.size > 0) continue;
        const open = { ...memoryRecords(), returnIntents: stopped.records.returnIntents };
        const once = await again(stopped, here, open, { at: { step: second, effect: 'pull-torn' } });
        expect(await violations(once), label).toEqual([]);
        if (once.records.receipts.size > 0) continue;
        const twice = await again(once, here, once.records, {});
        expect(twice.outcome, label).toMatchObject({ kind: 'destroyed' });
        expect(await violations(twice), label).toEqual([]);
      }
  });

  it('RET-3: power cut before and after each record of the terminal’s own disk: the same terminal still signs', async () => {
    for (let record = 1; record <= 4; record += 1) {
      const stopped = await first({}, record);
      expect(stopped.outcome).toBe('cut');
      expect(await violations(stopped), `record ${record}`).toEqual([]);
      if (stopped.records.receipts.size > 0) continue;
      const open = memoryRecords();
      open.returnIntents.push(...stopped.records.returnIntents);
      const finished = await again(stopped, here, open, {});
      expect(finished.outcome, `record ${record}`).toMatchObject({ kind: 'destroyed' });
      expect(await violations(finished), `record ${record}`).toEqual([]);
    }
  });

  it('RET-3: a device that lies about sync gets no receipt', async () => {
    const lied = await first({ lyingSync: true }, 0);
    expect(await violations(lied)).toEqual([]);
    expect(lied.records.receipts.size).toBe(0);
    expect(lied.outcome).toMatchObject({ kind: 'interrupted' });
  });

  it('MED-3: another medium swapped in during the power cycle gets neither mark nor receipt', async () => {
    const other = master.copy('other');
    const swapped = await first({ swapAtPowerCycle: other }, 0);
    expect(swapped.outcome).toMatchObject({ kind: 'interrupted', code: 'medium_swapped', slotIntact: false });
    expect(swapped.records.receipts.size).toBe(0);
    expect(await readable(other, copyId)).toBe(true);
  });
});

describe('the wrong orders are caught', () => {
  it('RET-3 mutant: signed before destroyed', async () => {
    const wrap: Wrap = ({ drive, intents }) => ({ drive, intents: signFirst(intents, 'a receipt') });
    const found: string[] = [];
    for (let step = 1; step <= 20; step += 1)
      found.push(...(await violations(await first({ at: { step, effect: 'cut-before' } }, 0, wrap))));
    expect(found).toContain('a receipt, and the copy is still readable');
  });

  it('RET-3 mutant: read back without the power cycle', async () => {
    const wrap: Wrap = ({ drive, intents }) => ({ drive: withoutPowerCycle(drive), intents });
    const lied = await first({ lyingSync: true }, 0, wrap);
    lied.stage.drive.pull();
    await lied.stage.drive.insert(lied.medium);
    expect(await violations(lied)).toContain('a receipt, and the copy is still readable');
  });
});
