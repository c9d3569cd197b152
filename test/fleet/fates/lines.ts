import { type Fate, HOUR, MINUTE, one, SECOND } from './chance.ts';

/** Between terminals and hub: messages, lines, the broker. */
export const ofLines: Fate = ({ world, stress, happened, nowAndThen }) => {
  const { time, wire, broker, terminals } = world;
  const weather = nowAndThen('weather', 4 * HOUR, async (random) => {
    const bad = random.below(3) > 0;
    wire.weather = bad
      ? {
          drop: random.below(300),
          repeat: random.below(200),
          late: random.below(150),
          lostAnswers: random.below(120 * (stress.answers ?? 1)),
        }
      : { drop: 0, repeat: 0, late: 0, lostAnswers: 0 };
    happened('weather', bad ? 'bad' : 'fine');
  });
  const cuts = nowAndThen('lines', 5 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    happened('line cut', id);
    wire.cut(id, true);
    broker.lineCut(id);
    await time.sleep(MINUTE + random.below(random.below(4) === 0 ? 20 * HOUR : HOUR));
    wire.cut(id, false);
  });
  const brokers = nowAndThen('broker', 12 * HOUR, async (random) => {
    const forgets = random.below(2) === 0;
    happened('broker restarted', forgets ? 'and forgot' : '');
    broker.restart(5 * SECOND + random.below(10 * MINUTE), forgets);
  });
  const storms = nowAndThen('storms', 16 * HOUR, async (random) => {
    happened('reconnect storm');
    for (let left = 2 + random.below(6); left > 0; left -= 1) {
      for (const { id } of terminals) broker.disconnect(id);
      await time.sleep(SECOND + random.below(20 * SECOND));
    }
  });
  const halves = nowAndThen('halves', 8 * HOUR, async (random) => {
    const { id } = one(random, terminals);
    const way = one(random, ['up', 'down'] as const);
    happened('line one way only', `${id} ${way}`);
    wire.halve(id, way);
    await time.sleep(MINUTE + random.below(3 * HOUR));
    wire.halve(id, null);
  });
  return [weather, cuts, brokers, storms, halves];
};
