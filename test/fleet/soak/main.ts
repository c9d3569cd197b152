import { Command } from 'commander';
import { realDatabases } from '../databases/real.ts';
import { makeFixture } from '../world/fixture.ts';
import { makeCryptoInstant } from '../world/instant-crypto.ts';
import { soak } from './soak.ts';
import { AGE_COLUMNS } from './tables.ts';
import { judgeSoak, type MemoryBound, tableOf } from './verdict.ts';

/** `npm run soak`: simulated weeks of the whole fleet; what grows that must not is an error. Exit 1 then. */
const options = new Command('soak')
  .description('Runs the whole fleet for simulated weeks and judges what grows.')
  .option('--minutes <n>', 'so long, in real minutes', '10')
  .option('--days <n>', 'so many simulated days, however long they take')
  .option('--devices <n>', 'terminals; half of them are kiosks', '4')
  .option('--members <n>', 'members for each terminal', '1')
  .option('--seed <name>', 'which weeks', 'weeks')
  .option('--database <engine>', 'of the hub: pglite or postgres', 'postgres')
  .option('--quick', 'some days only: as the tests do')
  .parse()
  .opts<
    Record<'minutes' | 'devices' | 'members' | 'seed' | 'database', string> & { days?: string; quick?: true }
  >();

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Of devices: no world is longer. */
const CERTIFICATES_DAYS = 400;
const quickDays = options.quick === true ? '6' : undefined;
const days = Number(options.days ?? quickDays ?? CERTIFICATES_DAYS - 60);
const fixture = await makeFixture(Number(options.devices), CERTIFICATES_DAYS);
// What the simulation itself remembers is full after a day or two.
makeCryptoInstant(256);
const began = performance.now();
const bounded = options.days !== undefined || options.quick === true;
const until = bounded ? Number.POSITIVE_INFINITY : began + Number(options.minutes) * 60_000;
const databases = await realDatabases(options.database);
try {
  const report = await databases.fresh((database) =>
    soak(
      {
        ...{ seed: options.seed, fixture, membersPerDevice: Number(options.members), database, say },
        samplesPerDay: options.quick === true ? 4 : 1,
        goesOn: (lived) => lived < days && performance.now() < until,
      },
      AGE_COLUMNS,
    ),
  );
  const pglite = options.database === 'pglite';
  const memory = (most: number): MemoryBound => ({
    heap: most,
    buffers: pglite ? Number.POSITIVE_INFINITY : most,
  });
  // A leak of one small object for each event would be ten times 64 KiB. Before so many rentals the hub's reader still fills what it remembers: 1,000 licences, 2,000 events.
  const verdict = judgeSoak(report, { always: memory(1024), full: { ...memory(64), after: 1_200 } });
  say(tableOf(verdict));
  const minutes = (performance.now() - began) / 60_000;
  say(
    `${report.samples.at(-1)?.day.toFixed(0)} simulated days in ${minutes.toFixed(1)} minutes: ${report.rentals} rentals, ${report.returns} returns, ${verdict.wrong.length} things grow that must not`,
  );
  for (const line of verdict.wrong) say(line);
  process.exitCode = verdict.wrong.length === 0 && report.rentals > 0 ? 0 : 1;
} finally {
  await databases.stop();
}
