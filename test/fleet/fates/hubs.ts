import { tryCertificates } from '../certificates.ts';
import { type Fate, HOUR, MINUTE, one, SECOND } from './chance.ts';

/** The hub's programs, its database, its copies and its keys. */
export const ofHubs: Fate = ({ world, operator, disksAreLost, happened, nowAndThen }) => {
  const { time, hub, secondHub, databaseFate } = world;
  const hubs = nowAndThen('hub', 8 * HOUR, async (random) => {
    happened('hub killed');
    const commits = random.below(12);
    if (commits === 0) hub.kill('at rest');
    else hub.killAfterCommits(commits);
    // Somebody else may have meant to stop it after other commits, and whoever says so last is heard.
    for (let minutes = 0; hub.up() && minutes < 180; minutes += 1) await time.sleep(MINUTE);
    hub.kill('at last');
    await time.sleep(10 * SECOND + random.below(20 * MINUTE));
    await operator.bringUp();
  });
  // One of two is stopped for so long that its leases are over, or are not, and goes on as if nothing had been; then one of them dies.
  const pairs = nowAndThen('hubs', 7 * HOUR, async (random) => {
    await operator.another();
    if (!secondHub.up()) return;
    happened('second hub');
    await time.sleep(random.below(2 * HOUR));
    const stopped = one(random, [hub, secondHub]);
    const commits = random.below(12);
    if (!stopped.up()) return;
    if (commits === 0) stopped.pause();
    else stopped.pauseAfterCommits(commits);
    for (let minutes = 0; stopped.awake() && minutes < 60; minutes += 1) await time.sleep(MINUTE);
    // It committed too little: later, with nobody there to wake it, it does not stop either.
    if (stopped.awake()) stopped.unfuse();
    if (stopped.up() && !stopped.awake()) {
      const slept = random.below(2) === 0;
      await time.sleep(random.below(3) === 0 ? random.below(MINUTE) : random.below(5 * HOUR));
      happened(slept ? 'hub slept' : 'hub stood still', stopped.name);
      stopped.resume(slept);
    }
    await time.sleep(random.below(HOUR));
    const killed = one(random, [hub, secondHub]);
    if (!killed.up()) return;
    happened('one of two hubs killed', killed.name);
    killed.kill('beside the other');
    await time.sleep(random.below(HOUR));
    await operator.bringUp();
  });
  const yesterdays = nowAndThen('backups', 10 * HOUR, async (random) => {
    await operator.take();
    if (disksAreLost || random.below(2) === 0) return;
    await time.sleep(HOUR + random.below(23 * HOUR));
    happened('backup of yesterday restored');
    operator.loseDatabase();
    await time.sleep(MINUTE + random.below(HOUR));
    await operator.bringUp();
  });
  const databases = nowAndThen('database', 18 * HOUR, async (random) => {
    happened('database away');
    databaseFate.away = true;
    await time.sleep(5 * SECOND + random.below(15 * MINUTE));
    databaseFate.away = false;
  });
  const certificates = tryCertificates(world, world.random('fate certificates'), happened);
  return [hubs, pairs, yesterdays, databases, certificates];
};
