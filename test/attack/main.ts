import { Command, Option } from 'commander';
import type { Attack, BrokerKind } from './contract.ts';
import {
  attacksOn,
  duplicateIds,
  type Range,
  runAttack,
  threatsWithoutAttack,
  type Verdict,
} from './harness.ts';
import { startRange } from './range.ts';
import { ATTACKS } from './rows.ts';

/** `npm run attack`: every attack of `rows/` on running fleets, a line per row and broker; exit 1 when one got through. */
interface Options {
  readonly broker?: BrokerKind;
  readonly row?: string;
}

const options = new Command('attack')
  .description(
    'Attacks running fleets of its own: once with the embedded parts, once with Mosquitto and PostgreSQL.',
  )
  .addOption(new Option('--broker <kind>', 'only with these parts').choices(['aedes', 'mosquitto']))
  .option('--row <text>', 'only rows whose id or threat contains this')
  .parse()
  .opts<Options>();

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
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
  const shared = attacks.filter(({ ownFleet }) => ownFleet !== true);
  if (shared.length > 0) await withRange(broker, (range) => attackAll(shared, range));
  for (const attack of attacks.filter(({ ownFleet }) => ownFleet === true))
    await withRange(broker, (range) => attackAll([attack], range));
}

async function withRange(broker: BrokerKind, use: (range: Range) => Promise<void>): Promise<void> {
  const range = await startRange(broker);
  try {
    await use(range);
  } finally {
    await range.stop();
  }
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
