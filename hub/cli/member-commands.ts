import { type Command, Option } from 'commander';
import * as members from '#hub/http/contract/members.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { amount, say, table } from './output.ts';
import { privacyCommands } from './privacy-commands.ts';

/** Customers: register, find, take cash, reset a PIN, block; export and forget. */
export function memberCommands(program: Command, deps: CliDeps): void {
  const { terminal, api, key } = deps;
  const member = program.command('member').description('customers');
  privacyCommands(member, program, deps);
  member
    .command('add <name>')
    .description('registers a member at the counter')
    .requiredOption('--site <siteId>', 'where')
    .requiredOption('--birth-year <year>', 'four digits')
    .requiredOption('--pin <pin>', 'four to eight digits')
    .option('--language <language>', 'en, ja or de', 'en')
    .action(
      async (
        displayName: string,
        options: { site: string; birthYear: string; pin: string; language: string },
      ) => {
        const { site: siteId, birthYear, pin, language } = options;
        const body = { displayName, siteId, birthYear: Number(birthYear), pin, language };
        const answer = await api().send('POST', '/members', body);
        say(terminal, jsonOf(program), read(answer, members.memberSummary), (one) => [
          `${one.memberId}  number ${one.number}`,
        ]);
      },
    );
  member
    .command('list [text]')
    .description('members by name or number')
    .action(async (text?: string) => {
      const answer = read(await api().get(at`/members?q=${text ?? ''}`), members.memberPage);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['member', 'number', 'name', 'state'],
          items.map((one) => [
            one.memberId,
            one.number,
            one.displayName,
            one.pinLocked ? 'PIN locked' : one.state,
          ]),
        ),
      );
    });
  member
    .command('top-up <memberId> <minorUnits> <currency>')
    .description('cash for the prepaid balance, in cents or yen')
    .option('--due', 'pays what is open first', false)
    .option('--key <key>', 'the same key is the same payment, for a repeated call')
    .action(
      async (
        memberId: string,
        minorUnits: string,
        currency: string,
        options: { due: boolean; key?: string },
      ) => {
        const body = {
          key: options.key ?? key(),
          purpose: options.due ? 'amount_due' : 'prepaid',
          amount: { minor: Number(minorUnits), currency },
        };
        const answer = await api().send('POST', at`/members/${memberId}/payments`, body);
        say(terminal, jsonOf(program), read(answer, members.balances), (one) => [
          `prepaid ${amount(one.prepaid.minor, one.prepaid.currency)}, due ${amount(one.amountDue.minor, one.amountDue.currency)}, ${one.points} points`,
        ]);
      },
    );
  member
    .command('reset-pin <memberId> <pin>')
    .description('gives a new PIN and unlocks')
    .action(async (memberId: string, pin: string) => {
      const answer = await api().send('POST', at`/members/${memberId}/pin`, { pin });
      say(terminal, jsonOf(program), read(answer, members.memberSummary), (one) => [
        `${one.displayName} can sign in again`,
      ]);
    });
  for (const [name, what, causes] of [
    ['block', 'no sign-in and no new rental; returns go on', members.blockCause.options],
    ['unblock', 'a blocked member may rent again', members.unblockBody.shape.cause.options],
  ] as const)
    member
      .command(`${name} <memberId>`)
      .description(what)
      .addOption(new Option('--cause <cause>', 'why').choices(causes).makeOptionMandatory())
      .action(async (memberId: string, { cause }: { cause: string }) => {
        const answer = await api().send('POST', at`/members/${memberId}/${name}`, { cause });
        say(terminal, jsonOf(program), read(answer, members.memberSummary), (one) => [
          `${one.displayName} is ${one.state}`,
        ]);
      });
}
