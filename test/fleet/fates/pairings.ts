import { type Fate, MINUTE, SECOND } from './chance.ts';

/** Of so many codes that somebody types one is disturbed in each of these ways: the kiosk goes dark, or the hub dies after some commits. */
const ONE_OF = 5;

/** While somebody types a player's code at a kiosk (SEC-6). */
export const ofPairings: Fate = ({ world, town, until, asked, stress, operator, happened }) => {
  if (asked !== null && (stress.pairings ?? 0) === 0) return [];
  const { time, hub } = world;
  const random = world.random('fate pairings');
  const under: Promise<unknown>[] = [];
  town.codes.onTyping = (terminal) => {
    const [odd, waits, commits] = [random.below(ONE_OF), random.below(3 * SECOND), 1 + random.below(3)];
    if (time.now() >= until || odd > 1) return;
    const dark = async (): Promise<void> => {
      happened('kiosk dark while a code is typed', terminal.id);
      await time.sleep(waits);
      terminal.cutPower();
    };
    const dies = async (): Promise<void> => {
      happened('hub killed while a code is typed');
      hub.killAfterCommits(commits);
      await time.sleep(10 * SECOND);
      hub.kill('at last');
      await time.sleep(MINUTE);
      await operator.bringUp();
    };
    under.push(odd === 0 ? dark() : dies());
  };
  const over = async (): Promise<void> => {
    await time.sleep(until - time.now());
    await Promise.all(under);
  };
  return [over()];
};
