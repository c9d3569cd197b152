import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import * as members from '#hub/http/contract/members.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { say } from './output.ts';

/** SEC-9: what is held of a person, and forgetting a person. */
export function privacyCommands(member: Command, program: Command, { terminal, api }: CliDeps): void {
  member
    .command('export <memberId> <file>')
    .description('writes everything that is held of a person as JSON, for the person')
    .action(async (memberId: string, file: string) => {
      const answer = read(await api().get(at`/members/${memberId}/export`), members.memberExport);
      if (answer.ok)
        await writeFile(file, `${JSON.stringify(answer.value, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
      say(terminal, jsonOf(program), answer, () => [`written to ${file}`]);
    });
  member
    .command('erase <memberId>')
    .description('forgets a person for good; books and receipts stay without a name')
    .option('--paid-out <minorUnits>', 'the balance that was given back in cash, in cents or yen')
    .option('--currency <currency>', 'of that balance', 'EUR')
    .action(async (memberId: string, options: { paidOut?: string; currency: string }) => {
      const { paidOut, currency } = options;
      const body = { paidOut: paidOut === undefined ? null : { minor: Number(paidOut), currency } };
      const answer = read(await api().send('POST', at`/members/${memberId}/erase`, body), z.null());
      say(terminal, jsonOf(program), answer, () => ['forgotten']);
    });
}
