import type { Command } from 'commander';
import * as contract from '#hub/http/contract/keys.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { moment, say, table } from './output.ts';

/** SEC-3: the hub's keys. Rotations take two administrators (SEC-7): the second one decides with `second-person approve`. */
export function keyCommands(program: Command, { terminal, api }: CliDeps): void {
  const keys = program.command('keys').description('the hub’s keys and their generations');
  keys
    .command('list')
    .description(
      'generations, newest first; how many PINs, second factors and sealed settings still need each',
    )
    .action(async () => {
      const answer = read(await api().get('/keys'), contract.keyList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['key', 'generation', 'made (UTC)', 'retired (UTC)', 'still needed by'],
          items.flatMap(({ key, generations }) =>
            generations.map((one) => [
              key,
              one.generation,
              moment(one.madeAt),
              moment(one.retiredAt),
              one.uses === null ? 'not counted' : String(one.uses),
            ]),
          ),
        ),
      );
    });
  const asked = (key: string) => (one: { readonly requestId: string }) => [
    `${key}: nothing is rotated yet; another administrator decides: keyturn second-person approve ${one.requestId}`,
  ];
  keys
    .command('rotate <key>')
    .description(`asks for a new generation of ${contract.rotatedKey.options.join(', ')}`)
    .requiredOption('--reason <text>', 'why; the other administrator reads it')
    .action(async (key: string, { reason }: { reason: string }) => {
      const answer = read(
        await api().send('POST', at`/keys/${key}/rotate`, { reason }),
        contract.rotationAsked,
      );
      say(terminal, jsonOf(program), answer, asked(key));
    });
  program
    .command('authority')
    .description('the fleet’s certificate authority')
    .command('rotate <key>')
    .description(
      'asks for a new key and certificate: `issuing` (needs the root’s key) or `hub-signing` (other hubs sign with it after a restart)',
    )
    .requiredOption('--reason <text>', 'why; the other administrator reads it')
    .action(async (key: string, { reason }: { reason: string }) => {
      const path = at`/authority/${key}/rotate`;
      const answer = read(await api().send('POST', path, { reason }), contract.rotationAsked);
      say(terminal, jsonOf(program), answer, asked(key));
    });
}
