import type { Command } from 'commander';
import * as contract from '#hub/http/contract/keys.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { moment, say, table } from './output.ts';

/** SEC-3: the hub's key-encryption keys. */
export function keyCommands(program: Command, { terminal, api }: CliDeps): void {
  const keys = program.command('keys').description('the hub’s key-encryption keys');
  keys
    .command('list')
    .description('generations, newest first')
    .action(async () => {
      const answer = read(await api().get('/keys'), contract.keyList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['key', 'generation', 'made (UTC)', 'retired (UTC)'],
          items.flatMap(({ purpose, generations }) =>
            generations.map((one) => [purpose, one.generation, moment(one.madeAt), moment(one.retiredAt)]),
          ),
        ),
      );
    });
  keys
    .command('rotate <key>')
    .description('a new generation of `library` or `cache`; the hub wraps data keys anew while it runs')
    .action(async (purpose: string) => {
      const answer = read(await api().send('POST', at`/keys/${purpose}/rotate`, {}), contract.keyGeneration);
      say(terminal, jsonOf(program), answer, (one) => [
        `${purpose}: generation ${one.generation} since ${moment(one.madeAt)} UTC; the one before is retired when nothing uses it`,
      ]);
    });
  program
    .command('authority')
    .description('the fleet’s certificate authority')
    .command('rotate <key>')
    .description('a new key and certificate: `issuing` (needs the root’s key) or `hub-signing`')
    .action(async (key: string) => {
      const answer = read(
        await api().send('POST', at`/authority/${key}/rotate`, {}),
        contract.authorityRotation,
      );
      say(terminal, jsonOf(program), answer, (one) => [
        `${key}: generation ${one.generation}, good until ${moment(one.validTo)} UTC; what was made before stays good until it ends`,
        ...(key === 'hub-signing' ? ['Other hubs of this fleet sign with it after a restart.'] : []),
      ]);
    });
}
