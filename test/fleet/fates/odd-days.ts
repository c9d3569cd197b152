import { ODD_DAYS } from '../world/fixture.ts';
import type { Fate } from './chance.ts';

/** Days that come by the calendar, to worlds that take what their seed brings. */
export const onOddDays: Fate = ({ world, until, asked, happened }) => {
  const { time } = world;
  return ODD_DAYS.map(async ([what, at]) => {
    if (asked !== null || at < time.now() || at >= until) return;
    await time.sleep(at - time.now());
    happened(what);
  });
};
