import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { projectRoot } from '#shared/toolchain/assets.ts';
import type { Attack, BrokerKind } from './contract.ts';
import {
  attacksOn,
  byWear,
  duplicateIds,
  type Range,
  runAttack,
  threatsWithoutAttack,
  type Verdict,
} from './harness.ts';
import { startRange } from './range.ts';
import { ATTACKS } from './rows.ts';

/**
 * `npm run attack`: every attack of `rows/` on running fleets, a line per row and broker; exit 1 when one got through. With `--holes` the guards are taken
 * out one by one instead, and exit 1 means that a row did not see it.
 */
interface Options {
  readonly broker?: BrokerKind;
  readonly row?: string;
  readonly holes?: string | true;
}

const options = new Command('attack')
  .description(
    'Attacks running fleets of its own: once with the embedded parts, once with Mosquitto and PostgreSQL.',
  )
  .addOption(new Option('--broker <kind>', 'only with these parts').choices(['aedes', 'mosquitto']))
  .option('--row <text>', 'only rows whose id or threat contains this')
  .option(
    '--holes [text]',
    'takes guards out and looks whether the rows see it; only holes or rows whose id contains this',
  )
  .parse()
  .opts<Options>();

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
if (options.holes !== undefined) process.exit(holes(options.holes === true ? '' : options.holes));

const wanted = (attack: Attack): boolean =>
  options.row === undefined || attack.id.includes(options.row) || attack.threat.includes(options.row);
const chosen = ATTACKS.filter(wanted);
if (chosen.length === 0) {
  process.stderr.write(
    `No attack is called like ${options.row}: ${ATTACKS.map(({ id }) => id).join(', ')}\n`,
  );
  process.exit(2);
}

const verdicts: Verdict[] = [];
const attackAll = async (attacks: readonly Attack[], range: Range): Promise<void> => {
  for (const attack of attacks) {
    const verdict = await runAttack(attack, range);
    verdicts.push(verdict);
    say(verdict.line);
  }
};
for (const broker of ['aedes', 'mosquitto'] as const) {
  const attacks = attacksOn(broker, chosen);
  if (attacks.length === 0 || (options.broker !== undefined && options.broker !== broker)) continue;
  const { lasting, wearing } = byWear(attacks, ({ wears }) => wears);
  for (const together of [lasting, wearing])
    if (together.length > 0) await withRange(broker, (range) => attackAll(together, range));
}

async function withRange(broker: BrokerKind, use: (range: Range) => Promise<void>): Promise<void> {
  const range = await startRange(broker);
  try {
    await use(range);
  } finally {
    await range.stop();
  }
}

/** Sources with holes in them are only ever read by the test runner: nothing that is built has any. */
function holes(text: string): number {
  const vitest = join(projectRoot(), 'node_modules', 'vitest', 'vitest.mjs');
  const done = spawnSync(process.execPath, [vitest, 'run', '--project', 'holes'], {
    cwd: projectRoot(),
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'test', KEYTURN_HOLES: text },
  });
  return done.status ?? 1;
}

const without = options.row === undefined ? threatsWithoutAttack(ATTACKS) : [];
for (const { id, words } of without) say(`NO ATTACK  ${id.padEnd(28)} ${words}`);
const twice = duplicateIds(ATTACKS);
for (const id of twice) say(`TWICE      ${id}`);
const through = verdicts.filter(({ ok }) => !ok).length;
say(
  `${verdicts.length} attacks: ${verdicts.length - through} refused or detected with their trace, ${through} not; ${without.length} threats without an attack`,
);
process.exit(through + without.length + twice.length === 0 ? 0 : 1);
