import type { Command } from 'commander';
import * as contract from '#hub/http/contract/log.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { say } from './output.ts';

/** SEC-4: books and receipts against the signed log. */
export function logCommands(program: Command, { terminal, api }: CliDeps): void {
  program
    .command('log')
    .description('the signed log over ledger, audit trail and receipts')
    .command('verify')
    .description(
      'replays everything against the signed checkpoints and every terminal’s chain of receipts; exit 1 when anything was changed',
    )
    .action(async () => {
      const answer = read(await api().get('/log/verify'), contract.logReport);
      say(terminal, jsonOf(program), answer, (report) => [
        `${report.leaves} leaves, ${report.checkpoints} checkpoints, ${report.receipts} receipts; ${report.waiting} wait to be logged`,
        ...(report.gaps === 0 ? [] : [`${report.gaps} receipts whose predecessor never came`]),
        report.damage === null ? 'nothing was changed' : `BROKEN: ${damageText(report.damage)}`,
      ]);
      if (answer.ok && answer.value.damage !== null) terminal.fail(1);
    });
}

function damageText(damage: NonNullable<contract.LogReportView['damage']>): string {
  switch (damage.kind) {
    case 'leaf_changed':
      return `leaf ${damage.position}: ${damage.what} ${damage.subject} is not what was logged`;
    case 'leaf_missing':
      return `leaf ${damage.position}: ${damage.what} ${damage.subject} is gone`;
    case 'leaf_gap':
      return `leaf ${damage.position} is gone`;
    case 'checkpoint_broken':
      return `checkpoint of ${damage.size} leaves: ${damage.why}`;
    case 'not_logged':
      return `${damage.count} of kind ${damage.what} are not in the log`;
    case 'receipt_broken':
      return `receipt ${damage.receiptId} of ${damage.terminalId}: ${damage.why}`;
  }
}
