/**
 * `npm run fire [-- --minutes N] [--terminals N] [--seed NAME]`: real PostgreSQL and Mosquitto, two hubs and processes of terminals are killed, paused, restarted and
 * run out of space for so long, as the seed draws it. Prints each blow with its recovery time. Exit 1 where anything was lost, counted twice or came out of order.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    terminals: { type: 'string', default: '50' },
    seed: { type: 'string' },
  },
});
const [minutes, terminals] = [Number(values.minutes), Number(values.terminals)];
if (
  !(minutes > 0 && minutes <= 10_000) ||
  !Number.isSafeInteger(terminals) ||
  terminals < 2 ||
  terminals > 1000
) {
  process.stderr.write('usage: npm run fire [-- --minutes N] [--terminals N, 2 to 1000] [--seed NAME]\n');
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project=fire',
    `--testTimeout=${Math.ceil(minutes * 120_000 + 1_800_000)}`,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      KEYTURN_FIRE_MINUTES: String(minutes),
      KEYTURN_FIRE_TERMINALS: String(terminals),
      KEYTURN_FIRE_SEED: values.seed ?? String(Date.now() % 1_000_000),
    },
  },
);
process.exit(status === 0 ? 0 : 1);
