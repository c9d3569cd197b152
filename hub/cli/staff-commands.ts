import type { Command } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import * as contract from '#hub/http/contract/staff.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { type Api, at } from './api.ts';
import { moment, say, table } from './output.ts';

/** SEC-7: the own sign-in, people, what waits for a second person, and the audit trail. */
export function staffCommands(program: Command, deps: CliDeps): void {
  signInCommands(program, deps);
  secondPersonCommands(program, deps);
  auditCommands(program, deps);
}

function signInCommands(program: Command, { terminal, api }: CliDeps): void {
  program
    .command('sign-in')
    .description(
      'prints a session for KEYTURN_STAFF_SESSION, so that one code of the second factor serves many commands',
    )
    .action(async () => {
      const session = await api().session();
      say(terminal, jsonOf(program), session, (cookie) => [`export KEYTURN_STAFF_SESSION='${cookie}'`]);
    });
  const second = program.command('second-factor').description('your own second factor');
  second
    .command('begin')
    .description('a new key for your authenticator app')
    .action(async () => {
      const answer = read(await api().send('POST', '/account/second-factor', {}), contract.secondFactorBegun);
      say(terminal, jsonOf(program), answer, ({ address, secret, ticket }) => [
        renderUnicodeCompact(address),
        `key: ${secret}`,
        `then: keyturn second-factor confirm ${ticket} CODE`,
      ]);
    });
  second
    .command('confirm <ticket> <code>')
    .description('takes it into use; prints backup codes, once')
    .action(async (ticket: string, code: string) => {
      const sent = await api().send('POST', '/account/second-factor/confirm', { ticket, code });
      say(terminal, jsonOf(program), read(sent, contract.backupCodes), ({ codes }) => [
        'Backup codes, each good once; kept nowhere else:',
        ...codes,
      ]);
    });
}

function secondPersonCommands(program: Command, { terminal, api }: CliDeps): void {
  const group = program
    .command('second-person')
    .description('what one person asked for and another one decides');
  group
    .command('list')
    .description('what waits, then what was decided')
    .action(async () => {
      const answer = read(await api().get('/second-person'), contract.secondPersonList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['request', 'action', 'about', 'asked by', 'state', 'decided by'],
          items.map((one) => [
            one.requestId,
            one.action,
            one.subject,
            one.requestedBy,
            one.state,
            one.decidedBy ?? '',
          ]),
        ),
      );
    });
  for (const what of ['approve', 'refuse', 'withdraw'] as const)
    group
      .command(`${what} <requestId>`)
      .description(`${what}s one`)
      .action(async (id: string) => {
        const answer = read(
          await api().send('POST', at`/second-person/${id}/${what}`, {}),
          contract.secondPersonView,
        );
        say(terminal, jsonOf(program), answer, (one) => [`${one.requestId}: ${one.state}`]);
      });
}

function auditCommands(program: Command, { terminal, api }: CliDeps): void {
  program
    .command('audit')
    .description('the audit trail')
    .command('verify')
    .description(
      'walks the whole trail, compares it with every signed checkpoint, names the first entry that is not as it was',
    )
    .option('--checkpoint <jws...>', 'checkpoints that you kept elsewhere: the trail must still hold them')
    .action(async ({ checkpoint = [] }: { checkpoint?: readonly string[] }) => {
      const hub = api();
      const checked = read(await hub.get('/audit/verification'), contract.auditVerification);
      const kept = checked.ok ? await compareKept(hub, checkpoint) : ok(undefined);
      say(
        terminal,
        jsonOf(program),
        kept.ok ? checked : kept,
        ({ entries, checkpoints, problem, latest }) => [
          problem === null
            ? `whole: ${entries} entries, ${checkpoints} checkpoints`
            : `NOT WHOLE: ${problem.code.replaceAll('_', ' ')}, entry ${problem.sequence}`,
          ...(latest === null
            ? []
            : [`newest checkpoint (${moment(latest.at)} UTC, entry ${latest.sequence}): ${latest.jws}`]),
        ],
      );
      if (checked.ok && checked.value.problem !== null) terminal.fail(1);
    });
}

/** A checkpoint from outside names an entry and its hash: the trail must have that very entry. */
async function compareKept(api: Api, kept: readonly string[]): Promise<Result<undefined, Fault>> {
  for (const jws of kept) {
    const named = payloadOf(jws);
    if (named === null) return fault('checkpoint_malformed', 'this is no checkpoint of an audit trail');
    const page = read(await api.get(`/audit?limit=1&cursor=${named.sequence + 1}`), contract.auditPage);
    if (!page.ok) return page;
    const entry = page.value.items[0];
    if (entry?.sequence !== named.sequence || entry.hash !== named.hash)
      return fault(
        'checkpoint_mismatch',
        `NOT WHOLE: entry ${named.sequence} is not the one of your checkpoint`,
      );
  }
  return ok(undefined);
}

function payloadOf(jws: string): { readonly sequence: number; readonly hash: string } | null {
  try {
    const { sequence, hash } = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return Number.isSafeInteger(sequence) && typeof hash === 'string' ? { sequence, hash } : null;
  } catch {
    return null;
  }
}
