import { Command } from 'commander';
import * as catalogue from '#hub/http/contract/catalogue.ts';
import * as fleet from '#hub/http/contract/fleet.ts';
import * as members from '#hub/http/contract/members.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { ALL_SETTINGS } from '#shared/toolchain/all-settings.ts';
import { describeSettings } from '#shared/toolchain/settings.ts';
import { type CliDeps, jsonOf, read } from './answers.ts';
import { at } from './api.ts';
import { backupCommands } from './backup-commands.ts';
import { brokerCommands } from './broker-commands.ts';
import { keyCommands } from './key-commands.ts';
import { logCommands } from './log-commands.ts';
import { mediaCommands } from './media-commands.ts';
import { memberCommands } from './member-commands.ts';
import { amount, moment, say, table } from './output.ts';
import { staffCommands } from './staff-commands.ts';
import { addTitle, readJson } from './title-add.ts';

/** Every command of `npm run keyturn -- …`. All but `config`, `broker`, `backup check` and `backup restore` ask the hub's HTTP API as a member of staff. */
export function keyturnCommands(deps: CliDeps): Command {
  const program = new Command('keyturn')
    .description(
      'The command line for staff: talks to the hub at HUB_URL as KEYTURN_STAFF (default admin) with KEYTURN_STAFF_PASSWORD, and KEYTURN_STAFF_CODE where a second factor is set (or a session of `sign-in` in KEYTURN_STAFF_SESSION).',
    )
    .option('--json', 'print the answer as JSON', false)
    .configureOutput({
      writeOut: (text) => deps.terminal.out(text.trimEnd()),
      writeErr: (text) => deps.terminal.err(text.trimEnd()),
    })
    .exitOverride();
  configCommand(program, deps);
  titleCommands(program, deps);
  siteCommands(program, deps);
  terminalCommands(program, deps);
  memberCommands(program, deps);
  bookCommands(program, deps);
  staffCommands(program, deps);
  keyCommands(program, deps);
  mediaCommands(program, deps);
  logCommands(program, deps);
  brokerCommands(program, deps);
  backupCommands(program, deps);
  return program;
}

function configCommand(program: Command, { terminal }: CliDeps): void {
  program
    .command('config')
    .description('all settings of all programs, with defaults and units')
    .action(() => {
      const all = Object.entries(ALL_SETTINGS).map(([name, settings]) => ({
        program: name,
        settings: describeSettings(settings),
      }));
      say(terminal, jsonOf(program), ok(all), (programs) =>
        programs.flatMap(({ program: name, settings }) => [
          `## ${name}`,
          ...table(
            ['variable', 'default', 'unit', 'what'],
            settings.map((one) => [one.name, one.default, one.unit, one.description]),
          ),
          '',
        ]),
      );
    });
}

function titleCommands(program: Command, deps: CliDeps): void {
  const { terminal, api } = deps;
  const title = program.command('title').description('the catalogue');
  title
    .command('add <file>')
    .description('adds a title and uploads its edition')
    .requiredOption(
      '--about <json>',
      'a JSON file with what the hub wants to know of a title (see /api/v1/openapi.json, POST /titles)',
    )
    .requiredOption('--media-type <type>', 'media type of the file, such as video/webm')
    .option('--poster <picture>', 'a picture')
    .option('--subtitles <language=file...>', 'WebVTT files by language')
    .action(async (file: string, options: Parameters<typeof addTitle>[2]) => {
      const added = await addTitle(api(), file, options);
      say(terminal, jsonOf(program), read(added, catalogue.titleView), (one) => [
        `${one.titleId}  ${one.name.en}  (${one.edition?.bytes ?? 0} bytes, sha256 ${one.edition?.sha256 ?? ''})`,
      ]);
    });
  title
    .command('list [text]')
    .description('titles, newest first')
    .action(async (text?: string) => {
      const query = text === undefined ? '' : at`?q=${text}`;
      const answer = read(await api().get(`/titles${query}`), catalogue.titleList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['title', 'kind', 'name', 'state', 'rentals 30 d'],
          items.map((one) => [one.titleId, one.kind, one.name.en, stateOf(one), String(one.rentals30d)]),
        ),
      );
    });
  title
    .command('withdraw <titleId>')
    .description('takes a title out of the shops')
    .option('--undo', 'puts it back', false)
    .action(async (titleId: string, { undo }: { undo: boolean }) => {
      const answer = await api().send('POST', at`/titles/${titleId}/withdraw`, { withdrawn: !undo });
      say(terminal, jsonOf(program), read(answer, catalogue.titleView), (one) => [
        `${one.name.en}: ${stateOf(one)}`,
      ]);
    });
  program
    .command('tariff')
    .description('prices')
    .command('add <json>')
    .description('adds a tariff from a JSON file, or the next version of one')
    .option('--tariff-id <id>', 'the tariff that gets a new version')
    .action(async (file: string, { tariffId }: { tariffId?: string }) => {
      const tariff = await readJson(file);
      const answer = tariff.ok
        ? await api().send('POST', '/tariffs', {
            tariff: tariff.value,
            ...(tariffId === undefined ? {} : { tariffId }),
          })
        : tariff;
      say(terminal, jsonOf(program), read(answer, catalogue.tariffView), (one) => [
        `${one.tariffId}  version ${one.version}  ${one.name}`,
      ]);
    });
}

const stateOf = (title: catalogue.TitleView): string => {
  if (title.withdrawn) return 'withdrawn';
  return title.edition === null ? 'without edition' : 'offered';
};

function siteCommands(program: Command, { terminal, api }: CliDeps): void {
  const site = program.command('site').description('shops');
  site
    .command('add <json>')
    .description('adds a shop from a JSON file {name, address, calendar}')
    .action(async (file: string) => {
      const content = await readJson(file);
      const answer = content.ok ? await api().send('POST', '/sites', content.value) : content;
      say(terminal, jsonOf(program), read(answer, catalogue.siteView), (one) => [
        `${one.siteId}  ${one.name}`,
      ]);
    });
  site
    .command('list')
    .description('all shops')
    .action(async () => {
      const answer = read(await api().get('/sites'), catalogue.siteList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['site', 'name', 'zone', 'currency'],
          items.map((one) => [one.siteId, one.name, one.calendar.zone, one.calendar.currency]),
        ),
      );
    });
  site
    .command('close <siteId> <from> [to]')
    .description(
      'enters closed days (YYYY-MM-DD, both included), also afterwards: rentals are adjusted (CHG-4)',
    )
    .action(async (siteId: string, from: string, to?: string) => {
      const answer = await api().send('POST', at`/sites/${siteId}/closures`, { from, to: to ?? from });
      say(terminal, jsonOf(program), read(answer, catalogue.closureAnswer), ({ adjusted }) => [
        `${adjusted.length} rentals adjusted`,
        ...adjusted.map(
          (one) =>
            `${one.rentalId}  ${one.reason}  ${one.difference === null ? '' : amount(one.difference.minor, one.difference.currency)}`,
        ),
      ]);
    });
}

function terminalCommands(program: Command, { terminal, api }: CliDeps): void {
  const group = program.command('terminal').description('kiosks and return terminals');
  group
    .command('list')
    .description('every terminal')
    .action(async () => {
      const answer = read(await api().get('/terminals'), fleet.terminalList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['terminal', 'role', 'site', 'state', 'last contact (UTC)', 'alerts'],
          items.map((one) => [
            one.terminalId,
            one.role,
            one.siteName,
            one.online ? 'online' : one.state,
            moment(one.lastContactAt),
            String(one.openAlerts),
          ]),
        ),
      );
    });
  group
    .command('enrol-code <terminalId>')
    .description('a one-time code for a new terminal')
    .requiredOption('--role <role>', 'kiosk or return-terminal')
    .requiredOption('--site <siteId>', 'where it stands')
    .option('--name <name>', 'how staff call it')
    .option('--again', 'for a terminal that is enrolled already', false)
    .option('--serial <number>', 'on the plate of the machine: no other one may use the code', '')
    .option('--approved', 'nobody needs to approve the terminal when it asks', false)
    .action(
      async (
        terminalId: string,
        options: {
          role: string;
          site: string;
          name?: string;
          again: boolean;
          serial: string;
          approved: boolean;
        },
      ) => {
        const { role, site: siteId, name, again, serial, approved } = options;
        const answer = await api().send('POST', '/enrolment-codes', {
          terminalId,
          role,
          siteId,
          name: name ?? terminalId,
          again,
          hardwareSerial: serial,
          approvedBeforehand: approved,
        });
        say(terminal, jsonOf(program), read(answer, fleet.enrolCodeAnswer), (one) => [
          one.code,
          `valid until ${moment(one.expiresAt)} UTC`,
        ]);
      },
    );
  group
    .command('revoke <terminalId> <reason>')
    .description('takes a terminal out of the fleet at once; the reason stands in the audit trail')
    .action(async (terminalId: string, reason: string) => {
      const done = await api().send('POST', at`/terminals/${terminalId}/revoke`, { reason });
      say(terminal, jsonOf(program), done, () => [`${terminalId} is revoked`]);
    });
  group
    .command('decommission <terminalId> <reason>')
    .description(
      'asks a second person to take a terminal out of the fleet: it settles, wipes itself, leaves a receipt',
    )
    .option('--nevertheless', 'also while the card reader still owes an answer', false)
    .action(async (terminalId: string, reason: string, { nevertheless }: { nevertheless: boolean }) => {
      const body = { reason, nevertheless };
      const answer = await api().send('POST', at`/terminals/${terminalId}/decommission`, body);
      say(terminal, jsonOf(program), read(answer, fleet.decommissionAnswer), (one) => [
        `request ${one.requestId} waits for a second person`,
      ]);
    });
  group
    .command('call-off <terminalId>')
    .description('calls a decommission off while the terminal has not wiped itself')
    .action(async (terminalId: string) => {
      const done = await api().send('DELETE', at`/terminals/${terminalId}/decommission`, {});
      say(terminal, jsonOf(program), done, () => [`${terminalId} stays in the fleet`]);
    });
  for (const word of ['approve', 'refuse'] as const)
    group
      .command(`${word} <terminalId>`)
      .description(`${word}s the enrolment of a terminal that asks`)
      .action(async (terminalId: string) => {
        const asks = read(await api().get(at`/terminals/${terminalId}`), fleet.terminalDetail);
        const done = asks.ok ? await api().send('POST', at`/terminals/${terminalId}/${word}`, {}) : asks;
        say(terminal, jsonOf(program), done, () => [
          `${terminalId} ${word === 'approve' ? 'is approved' : 'is refused'}${
            asks.ok && asks.value.enrolment !== null ? `  key ${asks.value.enrolment.keyPrint}` : ''
          }`,
        ]);
      });
  group
    .command('command <terminalId> <order>')
    .description('restart, lock, unlock, or collect-logs')
    .option('--lines <n>', 'lines of the log', '200')
    .action(async (terminalId: string, order: string, { lines }: { lines: string }) => {
      const orders: Record<string, unknown> = {
        restart: { kind: 'restart' },
        lock: { kind: 'lock', locked: true },
        unlock: { kind: 'lock', locked: false },
        'collect-logs': { kind: 'collect_logs', lines: Number(lines) },
      };
      const answer = Object.hasOwn(orders, order)
        ? await api().send('POST', at`/terminals/${terminalId}/commands`, { order: orders[order] })
        : fault('order_unknown', `no order is called ${order}; there are ${Object.keys(orders).join(', ')}`);
      say(terminal, jsonOf(program), read(answer, fleet.commandView), (one) => [
        `${one.commandId}  ${one.state}`,
      ]);
    });
}

function bookCommands(program: Command, { terminal, api }: CliDeps): void {
  program
    .command('rental')
    .description('rentals')
    .command('show <rentalId>')
    .description('everything known of one rental')
    .action(async (rentalId: string) => {
      const answer = read(await api().get(at`/rentals/${rentalId}`), members.rentalDetail);
      say(terminal, jsonOf(program), answer, (one) => [
        `${one.titleName}  ${one.status}  ${amount(one.charge.minor, one.charge.currency)}`,
        `started ${moment(one.startedAt)}, due ${moment(one.dueAt)}, closed ${moment(one.closedAt)} (UTC)`,
        ...one.lines.map(
          (line) => `  ${line.kind}  ${line.units} ×  ${amount(line.amount.minor, line.amount.currency)}`,
        ),
        ...one.timeline.map(
          (entry) => `  ${moment(entry.at)}  ${entry.kind}  ${entry.outcome}  ${entry.terminalId ?? ''}`,
        ),
        ...one.receipts.map(
          (receipt) => `  receipt ${receipt.receiptId}  ${receipt.claim}  ${receipt.readBack}`,
        ),
      ]);
    });
  program
    .command('ledger')
    .description('the books')
    .command('balance')
    .description('every kind of account; debits and credits add up to 0')
    .action(async () => {
      const answer = read(await api().get('/ledger/balance'), members.balanceSheet);
      say(terminal, jsonOf(program), answer, ({ totals, balanced }) => [
        ...table(
          ['account', 'balance'],
          totals.map((one) => [one.kind, amount(one.posted, one.unit)]),
        ),
        balanced ? 'balanced' : 'NOT BALANCED',
      ]);
      if (answer.ok && !answer.value.balanced) terminal.fail(1);
    });
  const letters = program.command('dead-letters').description('events that could not be applied');
  letters
    .command('list')
    .description('what waits for a decision')
    .action(async () => {
      const answer = read(await api().get('/dead-letters'), fleet.deadLetterList);
      say(terminal, jsonOf(program), answer, ({ items }) =>
        table(
          ['letter', 'terminal', 'kind', 'state', 'cause', 'tries'],
          items.map((one) => [
            one.deadLetterId,
            one.terminalId,
            one.kind,
            one.state,
            one.cause,
            String(one.tries),
          ]),
        ),
      );
    });
  const settle = async (path: string, body: unknown): Promise<void> => {
    const answer = (await api().send('POST', path, body)) as Result<{ applied: number }, Fault>;
    say(terminal, jsonOf(program), answer, ({ applied }) => [`${applied} events applied`]);
  };
  letters
    .command('retry <deadLetterId>')
    .description('tries again, and those behind it')
    .action((id: string) => settle(at`/dead-letters/${id}/retry`, {}));
  letters
    .command('dismiss <deadLetterId> <reason>')
    .description('leaves it out for good; those behind it go on')
    .action((id: string, reason: string) => settle(at`/dead-letters/${id}/dismiss`, { reason }));
}
