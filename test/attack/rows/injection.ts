import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Attack, Target } from '#test/attack/contract.ts';
import { Desk } from '#test/attack/support/injections.ts';
import { asStaff } from '#test/attack/support/staff.ts';

const judged = (through: readonly string[], tried: string) => ({
  outcome: through.length === 0 ? ('refused' as const) : ('got-through' as const),
  evidence: through.length === 0 ? tried : through.slice(0, 4).join(' ; '),
});

const SQL = [
  `'; DROP TABLE titles; --`,
  `' OR '1'='1`,
  `x'); DELETE FROM entries; --`,
  `\\'; SELECT pg_sleep(20); --`,
  `$$; DROP TABLE members; $$`,
  `%' UNION SELECT secret_hash FROM terminals --`,
  `1; UPDATE staff SET role='admin' --`,
];

export const sqlInjection: Attack = {
  id: 'injection-sql',
  threat: 'injection-sql',
  rule: 'SEC-8',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const { stores } = target.fleet.own.hub.inside().db;
    const counts = async () =>
      Promise.all([stores.titles.count({}), stores.members.count({}), stores.staff.count({ role: 'admin' })]);
    const desk = await Desk.open(target);
    const through: string[] = [];
    const before = await counts();
    const began = performance.now();
    const made = { titles: 0, members: 0 };
    for (const text of SQL) {
      const titleId = await desk.title(text);
      if (titleId !== null) {
        made.titles += 1;
        const kept = await stores.titles.find({ titleId: titleId as never });
        if (kept?.name.en !== text) through.push(`a title's name came back changed: ${text}`);
      }
      if ((await desk.member(text)) !== null) made.members += 1;
      const q = encodeURIComponent(text);
      for (const path of [
        `/titles?q=${q}`,
        `/members?q=${q}`,
        `/members?cursor=${q}`,
        `/rentals?memberId=${q}`,
        `/rentals/${q}`,
        `/members/${q}`,
        `/terminals/${q}`,
        `/audit?before=${q}`,
        `/ledger/entries?account=${q}`,
      ]) {
        const answer = await desk.ask('GET', path);
        if (answer.status >= 500) through.push(`${answer.status} ${path}`);
        if (/syntax error at|SQLSTATE|failed query|drizzle/i.test(answer.body.toString()))
          through.push(`the database speaks at ${path}`);
      }
      const signedIn = await desk.ask('POST', '/session', { name: text, password: text });
      if (signedIn.status === 200) through.push(`signed in as ${text}`);
    }
    const after = await counts();
    if (after[0] !== before[0] + made.titles) through.push('titles were lost or made');
    if (after[1] !== before[1] + made.members) through.push('members were lost or made');
    if (after[2] !== before[2]) through.push('another administrator');
    if (performance.now() - began > 60_000) through.push('the database slept');
    if (!(await target.fleet.balanced())) through.push('the books do not balance');
    if ((await stores.audit.firstBroken()) !== null) through.push('the audit trail is broken');
    return {
      ...judged(through, `${SQL.length} texts in 12 places, kept as words or refused`),
      trace: desk.trace(),
    };
  },
};

/** Good ones, so that only the path is wrong. */
const SUBTITLES = Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n');

export const pathInjection: Attack = {
  id: 'injection-path',
  threat: 'injection-path',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const bait = join(target.folder, 'bait-path.txt');
    await writeFile(bait, 'nobody touches this');
    const before = await filesBelow(target.folder);
    const desk = await Desk.open(target);
    const through: string[] = [];
    const names = [
      '../../bait-path.txt',
      `..\\..\\bait-path.txt`,
      bait,
      'a\0b',
      '%2e%2e%2fbait-path.txt',
      'CON',
      '.',
    ];
    for (const name of names) {
      const titleId = await desk.title(name);
      await desk.member(name);
      const q = encodeURIComponent(name);
      for (const path of [
        `/titles/${q}/poster`,
        `/titles/${q}/edition`,
        `/titles/${titleId ?? q}/subtitles/${q}`,
        `/titles/${titleId ?? q}/subtitles/${name.replaceAll('\0', '')}`,
      ]) {
        const answer = await desk.ask('POST', path, SUBTITLES, { 'x-content-sha256': '0'.repeat(64) });
        if (answer.status < 400 || answer.status >= 500) through.push(`${answer.status} ${path}`);
      }
      const code = { terminalId: name, role: 'kiosk', siteId: target.fleet.siteId, name };
      const answer = await desk.ask('POST', '/enrolment-codes', code);
      if (answer.status < 400 || answer.status >= 500)
        through.push(`${answer.status} for a terminal ${name}`);
      for (const path of [`/assets/${q}`, `/assets/${name.replaceAll('\0', '')}`]) {
        const asset = await desk.ask('GET', path);
        if (asset.status < 400 || asset.body.includes('nobody touches this')) through.push(`read by ${path}`);
      }
    }
    if ((await readFile(bait, 'utf8')) !== 'nobody touches this') through.push('the bait was changed');
    const strange = (await filesBelow(target.folder)).filter(
      (path) => !before.includes(path) && /bait-path|CON$|\\|%2e/i.test(path),
    );
    if (strange.length > 0) through.push(`files of the attacker's making: ${strange.join(', ')}`);
    return {
      ...judged(through, `${names.length} names in 9 places, no file read, written or named by them`),
      trace: desk.trace(),
    };
  },
};

async function filesBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map(String);
}

const CRLF = [
  'x\r\nX-Injected: yes',
  'x\nX-Injected: yes',
  'x\r\n\r\n<html>X-Injected',
  'x\u2028X-Injected',
  'x%0d%0aX-Injected: yes',
];

export const headerInjection: Attack = {
  id: 'injection-header',
  threat: 'injection-header',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const desk = await Desk.open(target);
    const through: string[] = [];
    const look = (what: string, head: string): void => {
      if (/^x-injected/im.test(head)) through.push(what);
    };
    for (const text of CRLF) {
      const titleId = await desk.title(text);
      await desk.member(text);
      const q = encodeURIComponent(text);
      for (const path of [`/titles/${titleId ?? q}`, `/titles?q=${q}`, `/members?q=${q}`, `/assets/${q}`]) {
        const { headers } = await desk.ask('GET', path);
        look(path, Object.keys(headers).join('\n'));
      }
      const raw = [
        `GET /r/${q} HTTP/1.1`,
        `GET /fleet/root.pem?${q} HTTP/1.1`,
        `POST /api/v1/titles/${titleId ?? q}/subtitles/${q} HTTP/1.1`,
        `POST /api/v1/titles/${titleId ?? q}/edition HTTP/1.1\r\nContent-Type: text/plain;${text}`,
      ];
      for (const request of raw) look(request, headOf(await spoken(target, desk.cookie, request)));
    }
    await target.fleet.news();
    const events = await liveEvents(target);
    if (events.some((line) => /^x-injected/i.test(line)))
      through.push('a line of its own in the live events');
    return {
      ...judged(
        through,
        `${CRLF.length} line breaks in 10 places, no header and no live event of their making`,
      ),
      trace: desk.trace(),
    };
  },
};

const headOf = (answer: string): string => answer.split('\r\n\r\n')[0] ?? '';

/** Says a request line as it stands and reads what comes back. */
function spoken({ hubUrl }: Target, cookie: string, request: string): Promise<string> {
  const { hostname, port, host } = new URL(hubUrl);
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(Number(port), hostname, () => {
      const headers = Object.entries(asStaff({ hubUrl } as Target, cookie)).map(
        ([name, value]) => `${name}: ${value}`,
      );
      socket.write(
        [request, `Host: ${host}`, ...headers, 'Content-Length: 0', 'Connection: close', '', ''].join('\r\n'),
      );
    });
    socket.on('data', (part) => {
      heard += part.toString('latin1');
    });
    socket.setTimeout(15_000, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
  });
}

/** The first events of the kiosk's live stream, line by line: a title's name must not make a line of its own. */
async function liveEvents({ fleet }: Target): Promise<string[]> {
  await fleet.kiosk.send({ type: 'touch' });
  const gone = new AbortController();
  const answer = await fetch(`${fleet.own.kiosk.address()}/session/events`, { signal: gone.signal });
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  gone.abort();
  return Buffer.from(first?.value ?? [])
    .toString('utf8')
    .split(/\r\n|\r|\n/);
}
