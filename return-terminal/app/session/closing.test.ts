import { beforeAll, describe, expect, it, vi } from 'vitest';
import { milliseconds } from '#shared/kernel/time.ts';
import { aFleet, aRentedMedium, aTerminal, type Fleet } from '#test/support/return-terminal/a-terminal.ts';
import { conditionsOf } from '#test/support/return-terminal/conditions.ts';
import type { ReturnView } from './contract.ts';
import { returnSession } from './machine.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet();
});

/** A customer who looks at what the return of two copies costs. */
async function choosing() {
  const { medium } = await aRentedMedium(fleet, [1, 2]);
  const terminal = aTerminal(fleet);
  const session = returnSession(terminal.deps);
  await session.start();
  const view = (): ReturnView => session.snapshot().view;
  /** Ciphers take real time, however fast the clock goes. */
  const until = (seen: () => boolean) =>
    vi.waitUntil(
      async () => {
        await terminal.clock.advance(milliseconds(200));
        return seen();
      },
      { timeout: 20_000, interval: 1 },
    );
  const on = (screen: ReturnView['screen']) => until(() => view().screen === screen);
  const close = () => {
    let over = false;
    terminal.closing = true;
    void session.close().then(() => {
      over = true;
    });
    return () => over;
  };
  await terminal.drive.insert(medium);
  await on('choose');
  return { medium, terminal, session, view, until, on, close };
}

describe('a return terminal that ends while a customer is there', () => {
  it('OPS-1: a confirmed return is finished, every copy with its receipt, and the receipt can be read', async () => {
    const { medium, terminal, session, view, until, on, close } = await choosing();
    await session.intent({ type: 'confirm' });
    const over = close();
    expect(session.snapshot()).toMatchObject({
      trouble: { code: 'terminal_restarting' },
      view: { screen: 'pay' },
    });
    await on('receipt');
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['returned', 'returned']);
    expect(terminal.kinds().filter((kind) => kind === 'return.destroyed')).toHaveLength(2);
    await session.intent({ type: 'read_again' });
    expect(view().screen).toBe('receipt');
    expect(over()).toBe(false);
    await until(over);
    await session.stop();
  });

  it('OPS-1, LED-2: a card that says no is not asked again: what is left is an amount due, and the key is destroyed', async () => {
    const { terminal, session, until, on, close } = await choosing();
    terminal.card.behave('decline');
    await session.intent({ type: 'confirm' });
    const over = close();
    await on('receipt');
    const destroyed = terminal.events().filter(({ kind }) => kind === 'return.destroyed');
    expect(destroyed).toHaveLength(2);
    for (const { data } of destroyed) expect(data).toMatchObject({ parts: [] });
    await until(over);
    await session.stop();
  });

  it('OPS-1, CHG-1: what was not confirmed was never returned: the medium is given back as it was, and none is taken', async () => {
    const { medium, terminal, session, view, until, on, close } = await choosing();
    const over = close();
    await on('take');
    expect(session.snapshot().trouble?.code).toBe('terminal_restarting');
    expect(await conditionsOf(fleet, terminal, medium)).toEqual(['active', 'active']);
    expect(terminal.kinds()).not.toContain('return.intent');
    expect(terminal.kinds().filter((kind) => kind === 'return.abandoned')).toHaveLength(2);
    terminal.drive.pull();
    await until(over);
    await terminal.drive.insert(medium);
    await session.intent({ type: 'read_again' });
    expect(view()).toMatchObject({ screen: 'welcome', closed: { code: 'terminal_restarting' } });
    await session.stop();
  });
});
