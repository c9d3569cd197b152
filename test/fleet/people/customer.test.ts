import { expect, test } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import { WorldTime } from '../world/time.ts';
import type { World } from '../world/world.ts';
import { CodeBook } from './codes.ts';
import { Customer } from './customer.ts';

const VISITS = {
  writing: {
    begin: { screen: 'insert' },
    work: { screen: 'writing', lines: [] },
    end: { screen: 'done', lines: [] },
    visit: (customer: Customer, terminal: TerminalProcess) => customer.visitKiosk(terminal, []),
  },
  returning: {
    begin: { screen: 'welcome', closed: null, mediumLeft: false },
    work: { screen: 'returning', lines: [] },
    end: { screen: 'receipt', lines: [], reservable: [] },
    visit: (customer: Customer, terminal: TerminalProcess) => customer.visitReturn(terminal),
  },
};

test.each(['writing', 'returning'] as const)(
  'SCR-7: who changes the medium while a terminal is %s looks at the screen again, which may be at its end by then',
  async (work) => {
    const time = new WorldTime(epochMs(0), 1);
    const { notes, stuck, customer } = aSwapper(time);
    const terminal = endsAtPull(VISITS[work]);
    await time.during(VISITS[work].visit(customer, terminal));
    expect(stuck).toEqual([]);
    expect(notes).toContain(`sees ${VISITS[work].end.screen}`);
    expect(notes).toContain('swaps for stick clone');
  },
);

/** Has a clone of the stick, and does whatever may be done by chance at once. */
function aSwapper(time: WorldTime) {
  const notes: string[] = [];
  const stuck: string[] = [];
  const random = { bytes: (length: number) => new Uint8Array(length), below: (limit: number) => limit >> 3 };
  const chronicle = { note: (_who: string, what: string) => notes.push(what) };
  const customer = new Customer({
    world: { time, chronicle, wire: { count: () => {} }, shop: { demanding: new Set() } } as unknown as World,
    member: { number: '1' } as Customer['member'],
    medium: memoryMedium('stick'),
    codes: new CodeBook(),
    random,
    stuck: (where) => stuck.push(where),
  });
  customer.clones.push(customer.medium.copy('stick clone'));
  return { notes, stuck, customer };
}

/** A terminal that works on the first medium put in, and is done with it as soon as it is pulled. */
function endsAtPull({ begin, work, end }: Record<'begin' | 'work' | 'end', object>): TerminalProcess {
  let inside: MemoryMedium | null = null;
  let view = begin;
  const terminal = {
    id: 'terminal',
    up: () => true,
    inSlot: () => inside,
    insert: async (next: MemoryMedium) => {
      inside = next;
      if (view === begin) view = work;
    },
    take: () => {
      inside = null;
      view = end;
    },
    onDark: () => () => {},
    session: () => ({
      snapshot: () => ({ trouble: null, medium: { trouble: null }, view }),
      subscribe: () => () => {},
      intent: async () => {},
    }),
  };
  return terminal as unknown as TerminalProcess;
}
