import type { Command } from 'commander';
import * as contract from '#hub/http/contract/controllers.ts';
import { commandView } from '#hub/http/contract/fleet.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { moment, say, table } from './output.ts';

/** SEC-5: controllers of secure media. */
export function mediaCommands(program: Command, { terminal, api }: CliDeps): void {
  const media = program.command('media').description('secure media and their controllers');
  media
    .command('list')
    .description('certified controllers, newest first')
    .action(async () => {
      const answer = read(await api().get('/controllers'), contract.controllerList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['medium', 'serial', 'certified (UTC)', 'by', 'at', 'revoked (UTC)', 'reason'],
          items.map((one) => [
            one.mediumId,
            one.serial,
            moment(one.issuedAt),
            one.issuedBy,
            one.terminalId ?? '',
            moment(one.revokedAt),
            one.revocationReason ?? '',
          ]),
        ),
      );
    });
  media
    .command('make <terminalId>')
    .description('makes the blank secure medium in the drive of this kiosk one of the fleet; put it in first')
    .action(async (terminalId: string) => {
      const answer = read(await api().send('POST', '/controllers', { terminalId }), commandView);
      say(terminal, jsonOf(program), answer, ({ commandId }) => [
        `ordered as ${commandId}; the kiosk begins when nobody uses it, and “keyturn media list” shows the medium once it is certified`,
      ]);
    });
  media
    .command('revoke <mediumId> <reason>')
    .description('a controller that was stolen, copied or is broken counts no more; returns on it go on')
    .action(async (mediumId: string, reason: string) => {
      const answer = read(
        await api().send('POST', at`/controllers/${mediumId}/revoke`, { reason }),
        contract.controllerView,
      );
      say(terminal, jsonOf(program), answer, () => [`the controller of ${mediumId} is revoked`]);
    });
}
