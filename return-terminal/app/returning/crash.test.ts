import { beforeAll, describe, expect, it } from 'vitest';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { memoryStore } from '#shared/edge/store-memory.ts';
import { assert } from '#shared/kernel/assert.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { stateFile } from '#shared/media/layout.ts';
import type { EventData } from '#shared/protocol/events.ts';
import {
  aFleet,
  aRentedMedium,
  aTerminal,
  type Fleet,
  NOON,
  type TestTerminal,
} from '#test/support/return-terminal/a-terminal.ts';
import { conditionsOf, walk } from '#test/support/return-terminal/walk.ts';
import { forgetOld, recoverReturns } from './recovery.ts';
import { givenUp, returns } from './tables.ts';

class Stop extends Error {}
const AT = epochMs(NOON + 24 * 3_600_000);
let fleet: Fleet;
let rented: Awaited<ReturnType<typeof aRentedMedium>>;
beforeAll(async () => {
  fleet = await aFleet();
  rented = await aRentedMedium(fleet, [1]);
});

const aCard = () =>
  new SimulatedCardReader({ clock: { sleep: async () => {} }, answerAfter: milliseconds(0) });

/** What must hold after recovery, whatever happened: PAY-1 and RET-3. */
async function judge(terminal: TestTerminal, medium: MemoryMedium, label: string): Promise<void> {
  const kinds = terminal.kinds();
  const receipts = kinds.filter((kind) => kind === 'return.destroyed').length;
  const [condition] = await conditionsOf(fleet, terminal, medium);
  const captured = terminal.card.inspect().filter((record) => record.state === 'captured').length;
  const open = terminal.card.inspect().filter((record) => record.state === 'authorised').length;
  expect(receipts, `${label}: at most one receipt`).toBeLessThanOrEqual(1);
  expect(captured, `${label}: charged once, and only with a receipt`).toBe(receipts);
  expect(open, `${label}: nothing stays reserved`).toBe(0);
  if (receipts === 1) expect(['returned', 'torn'], `${label}: receipt ⇒ unreadable`).toContain(condition);
  if (condition === 'returned') expect(receipts, `${label}: destroyed ⇒ receipt`).toBe(1);
}

/** Runs the whole return, stopped by `stop`, then a new process on the same disk; the customer then comes again. */
async function stopAndFinish(
  label: string,
  stop: (terminal: TestTerminal, gate: { at: number | null; passed: number }) => void,
  mediumStays: boolean,
): Promise<'stopped' | 'ran through'> {
  const medium = rented.medium.copy('stick');
  const store = memoryStore({ epoch: 'epoch-1' });
  const card = aCard();
  const gate = { at: null as number | null, passed: 0 };
  const first = aTerminal(fleet, {
    store,
    card,
    at: AT,
    gate: () => {
      gate.passed += 1;
      if (gate.at === gate.passed) throw new Stop();
    },
  });
  await first.drive.insert(medium);
  stop(first, gate);
  let stopped = false;
  try {
    await walk(first);
  } catch (cause) {
    if (!(cause instanceof Stop) && (cause as Error).name !== 'PowerCut') throw cause;
    stopped = true;
  }
  const second = aTerminal(fleet, { store, card, at: epochMs(AT + 60_000), seed: 'second', hub: first.hub });
  if (mediumStays) await second.drive.insert(medium);
  await recoverReturns(second.deps);
  if (mediumStays) await judge(second, medium, `${label}, recovered`);
  if (second.drive.current() === null) {
    expect(
      card.inspect().every((record) => record.state !== 'authorised'),
      `${label}: voided`,
    ).toBe(true);
    await second.drive.insert(medium);
  }
  await walk(second);
  await judge(second, medium, `${label}, finished`);
  expect(await conditionsOf(fleet, second, medium), label).toEqual(['returned']);
  return stopped ? 'stopped' : 'ran through';
}

describe('a return that is cut off', () => {
  it.each([true, false])(
    'PAY-1, RET-3: stopped at every durable record and begun anew (medium stays: %s)',
    async (stays) => {
      let step = 1;
      for (; step < 200; step += 1) {
        const outcome = await stopAndFinish(
          `record ${step}`,
          (_terminal, gate) => {
            gate.at = step;
          },
          stays,
        );
        if (outcome === 'ran through') break;
      }
      expect(step).toBeGreaterThan(15);
      expect(step).toBeLessThan(200);
    },
  );

  it.each(['cut-before', 'cut-torn', 'cut-after'] as const)(
    'PAY-1, RET-3: power lost at every step on the medium (%s)',
    async (effect) => {
      let step = 1;
      for (; step < 200; step += 1) {
        const outcome = await stopAndFinish(
          `${effect} ${step}`,
          (terminal) => terminal.drive.setFault({ at: { step, effect } }),
          step % 2 === 0,
        );
        if (outcome === 'ran through') break;
      }
      expect(step).toBeGreaterThan(15);
      expect(step).toBeLessThan(200);
    },
  );

  it('PAY-1, RET-3: pulled at every step: never charged without a destroyed key, and finished at the next visit', async () => {
    let step = 1;
    let torn = 0;
    for (; step < 200; step += 1) {
      const medium = rented.medium.copy('stick');
      const terminal = aTerminal(fleet, { at: AT });
      await terminal.drive.insert(medium);
      terminal.drive.setFault({ at: { step, effect: 'pull-torn' } });
      let pulled = false;
      try {
        await walk(terminal);
      } catch (cause) {
        // The walk's own assertion: the medium went away while it was read.
        expect((cause as Error).message).toMatch(/medium_(pulled|missing)/);
      }
      pulled = terminal.drive.current() === null;
      if (!pulled) break;
      if (terminal.store.list(returns).some(({ value }) => value.stage === 'torn')) torn += 1;
      const before = terminal.kinds().filter((kind) => kind === 'return.destroyed').length;
      expect(terminal.card.inspect().filter((record) => record.state === 'captured')).toHaveLength(before);
      terminal.drive.setFault({});
      await terminal.drive.insert(medium);
      await walk(terminal);
      await judge(terminal, medium, `pull ${step}`);
    }
    expect(torn).toBeGreaterThan(2);
    expect(step).toBeLessThan(200);
  });
});

describe('a torn return', () => {
  /** Pulled in the middle of the overwriting at terminal one; what `then` happens to the medium leaves it torn. */
  async function torn(then: (medium: MemoryMedium) => void = () => {}) {
    const medium = rented.medium.copy('stick');
    for (let step = 10; step < 120; step += 1) {
      const copy = medium.copy('try');
      const terminal = aTerminal(fleet, { at: AT });
      await terminal.drive.insert(copy);
      terminal.drive.setFault({ at: { step, effect: 'pull-after' } });
      await walk(terminal).catch(() => {});
      terminal.drive.setFault({});
      then(copy);
      const [condition] = await conditionsOf(fleet, terminal, copy);
      if (condition === 'torn') return { terminal, medium: copy };
    }
    throw new Error('never torn');
  }

  it('RET-3, CHG-1: another terminal finishes it under the same return and T0', async () => {
    const { terminal, medium } = await torn();
    const begun = terminal.events().find((event) => event.kind === 'return.accepted')?.data;
    const other = aTerminal(fleet, {
      signer: fleet.other,
      at: epochMs(AT + 40 * 3_600_000),
      seed: 'other',
    });
    await other.drive.insert(medium);
    const done = await walk(other);
    expect(done.visit.copies[0]?.kind).toBe('must_finish');
    const destroyed = other.events().find((event) => event.kind === 'return.destroyed')?.data;
    expect(destroyed).toMatchObject({ returnId: begun?.returnId, t0: AT });
    expect(terminal.card.inspect().map((record) => record.state)).toEqual(['voided']);
    expect(other.card.inspect().map((record) => [record.state, record.captured])).toEqual([
      ['captured', 400],
    ]);
    // Back at the first terminal it is known as finished elsewhere: nothing is charged again.
    await terminal.drive.insert(medium);
    const again = await walk(terminal);
    expect(again.visit.copies[0]?.kind).toBe('already_returned');
    expect(terminal.store.list(returns)).toEqual([]);
  });

  it('RET-3, PAY-1: where the medium lost the record of who began it, another terminal finishes it under the same return, with card payments of its own', async () => {
    const [copy] = rented.copies;
    assert(copy !== undefined, 'something is rented');
    const { terminal, medium } = await torn(({ files }) => files.get(stateFile(copy.copyId))?.fill(0));
    const begun = terminal.events().find((event) => event.kind === 'return.accepted')?.data;
    const other = aTerminal(fleet, { signer: fleet.other, at: epochMs(AT + 3_600_000), seed: 'other' });
    other.hub.away = true;
    await other.drive.insert(medium);
    const done = await walk(other);
    expect(done.visit.copies[0]?.kind).toBe('must_finish');
    const destroyed = other.events().find((event) => event.kind === 'return.destroyed')?.data;
    expect(destroyed).toMatchObject({ returnId: begun?.returnId });
    const keyOf = ({ card }: TestTerminal) => card.inspect().map(({ key }) => key);
    expect(keyOf(other)).toHaveLength(1);
    expect(keyOf(terminal)).not.toEqual(keyOf(other));
  });

  it('RET-3, PAY-1: a terminal that lost its store finishes what it began before with card payments of their own, not with those that were given back', async () => {
    const { terminal, medium } = await torn();
    const { card } = terminal;
    expect(card.inspect().map(({ state }) => state)).toEqual(['voided']);
    const store = memoryStore({ epoch: 'epoch-2' });
    const anew = aTerminal(fleet, { store, card, at: epochMs(AT + 3_600_000), seed: 'new disk' });
    await anew.drive.insert(medium);
    const done = await walk(anew);
    expect(done.visit.copies[0]?.kind).toBe('must_finish');
    expect(done.returned[0]?.row).toMatchObject({ due: { minor: 0, currency: 'EUR' }, stage: 'done' });
    expect(card.inspect().map(({ state, captured }) => [state, captured])).toEqual([
      ['voided', 0],
      ['captured', 400],
    ]);
  });

  it('RET-3, CHG-1: where the medium lost that record, the terminal that began it goes on with its own T0, in the receipt as in what it tells the hub', async () => {
    const [copy] = rented.copies;
    assert(copy !== undefined, 'something is rented');
    const { terminal, medium } = await torn(({ files }) => files.get(stateFile(copy.copyId))?.fill(0));
    await terminal.clock.advance(milliseconds(3_600_000));
    await terminal.drive.insert(medium);
    await walk(terminal);
    const destroyed = terminal.events().find((event) => event.kind === 'return.destroyed')?.data;
    const [, payload = ''] = String(destroyed?.receipt).split('.');
    const receipt: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    expect(destroyed).toMatchObject({ t0: AT });
    expect(receipt).toMatchObject({ t0: AT });
  });

  it('RET-2, PAY-1: a medium that lost its marks after the receipt asks nobody to pay again: here by the own row, elsewhere by the hub', async () => {
    const { terminal, medium } = await torn();
    const lost = medium.copy('lost its marks');
    await terminal.drive.insert(medium);
    await walk(terminal);
    const paid = terminal.card.inspect();
    expect(paid.map((record) => record.state)).toEqual(['voided', 'captured']);
    const other = aTerminal(fleet, { signer: fleet.other, at: epochMs(AT + 40 * 3_600_000), seed: 'other' });
    for (const again of [terminal, other]) {
      const stick = lost.copy('stick');
      if (again === other)
        other.hub.outcomes.set(rented.copies[0]?.licence.keyturn.rentalId ?? '', 'already_returned');
      else terminal.hub.away = true;
      await again.drive.insert(stick);
      const done = await walk(again);
      expect(done.visit.copies[0]).toMatchObject({ kind: 'closed', price: { total: { minor: 0 } } });
      expect(await conditionsOf(fleet, again, stick)).toEqual(['returned']);
    }
    expect(terminal.card.inspect()).toEqual(paid);
    expect(other.card.inspect()).toEqual([]);
    expect(terminal.kinds().filter((kind) => kind === 'return.destroyed')).toHaveLength(1);
    expect(other.events().at(-1)).toMatchObject({
      kind: 'return.destroyed',
      data: { parts: [], due: { minor: 0 } },
    });
  });

  it('MED-3, RET-3: another medium after the power cycle: torn, not charged; the right one is finished later', async () => {
    const medium = rented.medium.copy('stick');
    const terminal = aTerminal(fleet, { at: AT });
    await terminal.drive.insert(medium);
    terminal.drive.setFault({ swapAtPowerCycle: memoryMedium('blank') });
    const done = await walk(terminal);
    expect([...done.lines.values()][0]).toMatchObject({
      work: 'torn',
      trouble: { code: 'return_torn', detail: 'medium_swapped' },
    });
    expect(terminal.card.inspect().map((record) => record.state)).toEqual(['voided']);
    terminal.drive.setFault({});
    await terminal.drive.insert(medium);
    await walk(terminal);
    await judge(terminal, medium, 'swapped');
  });

  it('RET-3, RET-7: a medium that was swapped for its copy while its key was overwritten is proven when it comes back, by what its slot said when it was whole (simulation, seed 104)', async () => {
    const medium = rented.medium.copy('stick');
    const terminal = aTerminal(fleet, { at: AT });
    await terminal.drive.insert(medium);
    terminal.drive.setFault({ swapAtPowerCycle: rented.medium.copy('copy') });
    await walk(terminal);
    terminal.drive.setFault({});
    await walk(terminal);
    expect(terminal.kinds()).toContain('return.abandoned');
    await terminal.drive.insert(medium);
    await walk(terminal);
    const told = terminal.events().filter(({ kind }) => kind === 'return.destroyed');
    const [copy, first] = told.map(({ data }) => data as EventData<'return.destroyed'>);
    expect(first?.returnId).toBe(terminal.events()[0]?.data.returnId);
    expect(copy?.returnId).not.toBe(first?.returnId);
    expect(first?.proof.mac).toMatch(/^.{43}$/);
    await terminal.clock.advance(31 * 86_400_000);
    forgetOld(terminal.deps);
    expect(terminal.store.list(givenUp)).toEqual([]);
  });
});
