import { expect, it, vi } from 'vitest';
import { milliseconds } from '#shared/kernel/time.ts';
import { aFleet, aRentedMedium, aTerminal } from '#test/support/return-terminal/a-terminal.ts';
import { returnSession } from './machine.ts';

it('PAY-1, SCR-7: nobody waits at the screen until a reader has given back what it holds for a return that came to nothing', async () => {
  const fleet = await aFleet();
  const { medium } = await aRentedMedium(fleet, [1]);
  const terminal = aTerminal(fleet);
  const session = returnSession(terminal.deps);
  const on = (screen: string) =>
    vi.waitUntil(
      async () => {
        await terminal.clock.advance(milliseconds(200));
        return session.snapshot().view.screen === screen;
      },
      { timeout: 20_000, interval: 1 },
    );
  let answered: () => void = () => {};
  const given = terminal.card.void.bind(terminal.card);
  terminal.card.void = async (key, authorisationId) => {
    await new Promise<void>((resolve) => {
      answered = resolve;
    });
    return given(key, authorisationId);
  };
  await session.start();
  await terminal.drive.insert(medium);
  await on('choose');
  terminal.drive.setFault({ at: { step: 1, effect: 'pull-before' } });
  await session.intent({ type: 'confirm' });
  await on('receipt');
  expect(terminal.card.inspect()).toMatchObject([{ state: 'authorised' }]);
  answered();
  await vi.waitUntil(() => terminal.card.inspect()[0]?.state === 'voided', { timeout: 20_000 });
  await session.stop();
});
