import { beforeAll, describe, expect, it } from 'vitest';
import { type VolatileMemory, volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import { type ControllerChip, controllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { type MemoryMedium, memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import { PowerCut, type StepEffect } from '#firmware-sim/media/simulated-drive.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId, ReturnId } from '#shared/kernel/ids.ts';
import { askController } from '#shared/media/controller/host.ts';
import { purgeStatementSchema, verifyPurgeStatement } from '#shared/media/controller/purge.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import type { Licence } from '#shared/media/licence.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, bench, memoryRecords, NOON, type Records } from '#test/support/media-story.ts';
import { mediumIdOf } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { conditionOn } from './judge.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
let here: Signer;
let elsewhere: Signer;
let controller: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  here = await enrol(fleet, 'rt-one', 'return-terminal');
  elsewhere = await enrol(fleet, 'rt-two', 'return-terminal');
  controller = await enrol(fleet, mediumIdOf(1), 'medium');
});

/** A secure medium whose chip can be taken out and looked at, and put back as it was at any moment. */
interface Device {
  readonly files: MemoryMedium;
  readonly memory: VolatileMemory;
}
const chipIn = ({ memory }: Device): ControllerChip =>
  controllerChip({ signer: controller, trust: fleet.trust, memory });
const blank = (): Device => ({ files: memoryMedium('stick'), memory: volatileMemory() });
const copyOf = ({ files, memory }: Device): Device => ({ files: files.copy('stick'), memory: memory.copy() });
const asMedium = (device: Device) => withChip(device.files, chipIn(device));

/** Whether the chip would still give the key out, and whether it lies in its memory at all. */
async function keyIn(device: Device, copyId: CopyId): Promise<boolean> {
  const state = (await chipIn(device).inside()).find((slot) => slot.copyId === copyId);
  return state?.state === 'key';
}
const remains = ({ memory }: Device): boolean =>
  /"slot":"[A-Za-z0-9_-]{100}/.test(Buffer.concat([...memory.pages.values()]).toString('latin1'));

const EFFECTS: readonly StepEffect[] = [
  'refused',
  'pull-before',
  'pull-torn',
  'pull-after',
  'cut-before',
  'cut-torn',
  'cut-after',
];
const PLAINTEXT = Buffer.alloc(70_000, 'film ');

async function cutOff<T>(work: Promise<T>): Promise<T | 'cut'> {
  return work.catch((error: unknown) => {
    if (error instanceof PowerCut) return 'cut' as const;
    throw error;
  });
}

describe('a write onto a secure medium stopped anywhere', () => {
  async function write(at: { step: number; effect: StepEffect } | null) {
    const stage = bench(fleet.trust, kiosk, `secure write ${at?.step} ${at?.effect}`);
    const device = blank();
    await stage.drive.insert(asMedium(device));
    const records = memoryRecords();
    stage.drive.setFault({ at });
    const input = aWrite(stage.random, records, PLAINTEXT, { mediumClass: 'secure', chunkIndices: [0] });
    const outcome = await cutOff(writeCopy(stage.deps, input));
    const steps = stage.drive.steps();
    stage.drive.setFault({});
    return { stage, device, records, copyId: input.copyId, outcome, steps };
  }

  it('RNT-1 RNT-2 RNT-6 SEC-5: at every step, also inside the controller: key ⇒ recorded, charged ⇒ playable, failed ⇒ no key; then it is settled', async () => {
    const clean = await write(null);
    expect(clean.outcome).toMatchObject({ kind: 'written' });
    let settlings = 0;
    for (const effect of EFFECTS)
      for (let step = 1; step <= clean.steps; step += 1) {
        const label = `${effect} at step ${step}`;
        const { stage, device, records, copyId, outcome } = await write({ step, effect });
        const key = await keyIn(device, copyId);
        const charged = records.commits.length > 0;
        expect(key && records.slotBegins.length === 0, `${label}: key, and nobody recorded it`).toBe(false);
        expect(key && records.failed.length > 0, `${label}: failed, and the key is there`).toBe(false);
        expect(charged && !key, `${label}: charged, and no key`).toBe(false);
        if (outcome !== 'cut' && outcome.kind === 'failed') expect(key || charged, label).toBe(false);
        if (charged || records.failed.length > 0 || records.slotBegins.length === 0) continue;
        stage.drive.pull();
        await stage.drive.insert(asMedium(device));
        const later = memoryRecords();
        const settled = await settleHeld(stage.deps, {
          copyId,
          intents: later,
          chunkIndices: [0],
          verification: 'sampled',
        });
        expect(['active', 'void', 'missing'], label).toContain(settled.kind);
        expect(await keyIn(device, copyId), label).toBe(settled.kind === 'active');
        expect(later.commits.length, label).toBe(settled.kind === 'active' ? 1 : 0);
        if (settled.kind === 'active')
          expect(later.commits[0]?.slotProofKey, label).toBe(records.slotBegins[0]?.slotProofKey);
        else expect(remains(device), `${label}: a torn key stays in the memory`).toBe(false);
        settlings += 1;
      }
    expect(settlings).toBeGreaterThan(10);
  });
});

describe('a deletion on a secure medium stopped anywhere', () => {
  let master: Device;
  let copyId: CopyId;
  let licence: Licence;
  beforeAll(async () => {
    master = blank();
    const stage = bench(fleet.trust, kiosk, 'secure master');
    await stage.drive.insert(asMedium(master));
    const input = aWrite(stage.random, memoryRecords(), PLAINTEXT, { mediumClass: 'secure' });
    const outcome = await writeCopy(stage.deps, input);
    if (outcome.kind !== 'written') throw new Error(JSON.stringify(outcome));
    copyId = input.copyId;
    licence = outcome.licence;
  });

  async function giveBack(
    device: Device,
    signer: Signer,
    records: Records,
    at: { step: number; effect: StepEffect } | null,
  ) {
    const stage = bench(fleet.trust, signer, `secure delete ${signer.id} ${at?.step} ${at?.effect}`);
    await stage.drive.insert(asMedium(device));
    const asked = anAccept(stage.random, copyId, { openReturns: records.returnIntents });
    const accepted = await acceptReturn(stage.deps, asked);
    if (accepted.kind !== 'accepted') throw new Error(JSON.stringify(accepted));
    stage.drive.setFault({ at });
    const input = { accepted: accepted.accepted, intents: records };
    const outcome = await cutOff(destroySlot(stage.deps, input));
    const steps = stage.drive.steps();
    stage.drive.setFault({});
    stage.drive.pull();
    return { stage, outcome, steps, accepted: accepted.accepted };
  }

  /** What must hold of every receipt: the key is gone and the controller itself says so, of this return and this nonce. */
  async function judge(device: Device, records: Records, label: string): Promise<readonly number[]> {
    const counters: number[] = [];
    for (const jws of records.receipts.values()) {
      const text = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8');
      const receipt = receiptSchema.parse(JSON.parse(text));
      expect(receipt.claim, label).toBe('PURGE');
      expect(await keyIn(device, copyId), `${label}: a receipt, and the key is there`).toBe(false);
      expect(remains(device), `${label}: a receipt, and the key lies in the memory`).toBe(false);
      const stated = await verifyPurgeStatement(receipt, licence.keyturn.slotCheck, fleet.trust);
      expect(stated, label).toMatchObject({ ok: true });
      if (stated.ok) counters.push(stated.value.counter);
    }
    return counters;
  }

  it('RET-3 RET-4 SEC-5: at every step, also inside the controller: receipt ⇒ purged and stated; another terminal finishes it with a statement of its own', async () => {
    const first = copyOf(master);
    const clean = await giveBack(first, here, memoryRecords(), null);
    expect(clean.outcome).toMatchObject({ kind: 'destroyed' });
    let finishedElsewhere = 0;
    for (const effect of EFFECTS)
      for (let step = 1; step <= clean.steps; step += 1) {
        const label = `${effect} at step ${step}`;
        const device = copyOf(master);
        const records = memoryRecords();
        const stopped = await giveBack(device, here, records, { step, effect });
        const before = await judge(device, records, label);
        if (stopped.outcome !== 'cut' && stopped.outcome.kind === 'interrupted' && stopped.outcome.slotIntact)
          expect(await keyIn(device, copyId), `${label}: said to be intact`).toBe(true);
        if (before.length > 0) continue;
        await stopped.stage.drive.insert(asMedium(device));
        const condition = await conditionOn(stopped.stage.deps, copyId);
        stopped.stage.drive.pull();
        expect(['active', 'returning', 'torn', 'returned'], label).toContain(condition);
        if (condition === 'returned') continue;
        const theirs = memoryRecords();
        const finished = await giveBack(device, elsewhere, theirs, null);
        expect(finished.outcome, label).toMatchObject({ kind: 'destroyed' });
        const whole = condition === 'active' || condition === 'returning';
        expect(finished.accepted.returnId === stopped.accepted.returnId, label).toBe(!whole);
        const [counter] = await judge(device, theirs, label);
        expect(counter, label).toBeGreaterThan(0);
        finishedElsewhere += 1;
      }
    expect(finishedElsewhere).toBeGreaterThan(20);
  });

  it('SEC-5 MS-24: the counter never gives a number twice and never goes back, wherever power went', async () => {
    const device = copyOf(master);
    const returnId = mediumIdOf(9) as string as ReturnId;
    const stage = bench(fleet.trust, here, 'counter');
    const caller = { as: 'terminal', signer: here, at: NOON } as const;
    const command = { command: 'delete', copyId, returnId, nonce: 'bm9uY2U', at: NOON } as const;
    let last = 0;
    let stated = 0;
    for (let round = 0; round < 120; round += 1) {
      await stage.drive.insert(asMedium(device));
      const mounted = stage.drive.current()?.controller;
      if (!mounted) throw new Error('no controller');
      const effect = EFFECTS[1 + (round % 6)] ?? 'cut-torn';
      // Three messages open a session and ask; the memory's writes come after the third.
      stage.drive.setFault({ at: round % 4 === 3 ? null : { step: 3 + (round % 5), effect } });
      const asked = await cutOff(askController(mounted, fleet.trust, caller, command));
      stage.drive.setFault({});
      stage.drive.pull();
      if (asked === 'cut' || !asked.ok || asked.value.answer.answer !== 'purged') continue;
      const payload = asked.value.answer.statement.split('.')[1] ?? '';
      const { counter } = purgeStatementSchema.parse(
        JSON.parse(Buffer.from(payload, 'base64url').toString()),
      );
      expect(counter, `round ${round}`).toBeGreaterThan(last);
      last = counter;
      stated += 1;
    }
    expect(stated).toBeGreaterThan(20);
    expect(last).toBeGreaterThan(stated);
  });
});
