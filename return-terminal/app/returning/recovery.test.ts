import { expect, it } from 'vitest';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { aFleet, aRentedMedium, aTerminal, NOON } from '#test/support/return-terminal/a-terminal.ts';
import { walk } from '#test/support/return-terminal/walk.ts';
import { returnSession } from '../session/machine.ts';
import { returns } from './tables.ts';

const DAY = 86_400_000;

it('SYN-5, SEC-9: a return terminal that runs for months forgets each day what was finished thirty days ago, and nothing that is open', async () => {
  const fleet = await aFleet();
  const { medium } = await aRentedMedium(fleet, [1]);
  const terminal = aTerminal(fleet);
  await terminal.drive.insert(medium);
  await walk(terminal);
  terminal.drive.pull();
  const { runtime } = terminal.deps;
  const [done] = runtime.store.list(returns);
  if (done?.value.stage !== 'done') throw new Error('one return is finished');
  runtime.record((tx) => {
    tx.put(returns, 'younger', { ...done.value, at: epochMs(NOON + 4 * DAY) });
    tx.put(returns, 'torn', { ...done.value, stage: 'torn' });
  });
  const session = returnSession({ ...terminal.deps, settleEvery: milliseconds(DAY) });
  await session.start();
  expect(runtime.store.list(returns)).toHaveLength(3);
  terminal.clock.jump(epochMs(NOON + 31 * DAY));
  await terminal.clock.advance(milliseconds(DAY + 1));
  expect(
    runtime.store
      .list(returns)
      .map(({ key }) => key)
      .sort(),
  ).toEqual(['torn', 'younger']);
  await session.stop();
});
