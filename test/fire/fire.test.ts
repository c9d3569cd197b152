import { expect, it } from 'vitest';
import { setOnFire } from './fire.ts';

/** `npm run fire` says how long, how many terminals and which seed; the tests take a small sample. */
const MINUTES = process.env['KEYTURN_FIRE_MINUTES'];
const SEED = process.env['KEYTURN_FIRE_SEED'] ?? 'first';
const TERMINALS = Number(process.env['KEYTURN_FIRE_TERMINALS'] ?? '4');

it('SYN-1, SYN-2, OPS-5: PostgreSQL, Mosquitto, hubs and terminals killed, paused, restarted and out of space: nothing acknowledged is lost, nothing counts twice, everything in order', async () => {
  const report = await setOnFire({
    seed: SEED,
    terminals: TERMINALS,
    pairsInProcess: MINUTES === undefined ? 2 : 1,
    everyMs: MINUTES === undefined ? 2000 : 4000,
    diskMebibytes: MINUTES === undefined ? 320 : 2048,
    blows:
      MINUTES === undefined
        ? [
            { faults: ['database disk full', 'broker disk full', 'terminals killed'], seconds: 2 },
            { faults: ['hub killed', 'database killed', 'broker paused'], seconds: 2 },
          ]
        : { seconds: Number(MINUTES) * 60 },
    say: (line) => console.info(line),
  });
  console.info(
    `${report.events} events, ${report.rentals} rentals, ${report.returns} returns, ${report.violations.length} violations`,
  );
  expect(report.violations).toEqual([]);
  // The fire burnt where there was something to lose.
  expect(report.returns).toBeGreaterThan(TERMINALS);
});
