import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanSubtitles } from '#hub/app/catalogue/subtitles.ts';
import { isProblemCode } from '#hub/http/problem.ts';
import { hubServer, terminalServer } from '#hub/http/server.ts';
import { assert } from '#shared/kernel/assert.ts';
import { sha256Hex } from '#shared/media/certificate.ts';
import { bundle } from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub, type TestTerminal } from '#test/contract/hub-harness.ts';
import { fuzz, type Verdict } from './campaign.ts';
import type { Chance } from './chance.ts';
import { mutateBytes, nearText } from './mutate.ts';
import { refusal } from './oracle.ts';

/** Files that staff bring to the hub and terminals fetch from it, over its real app: uploads, bundle, editions by range, pictures and subtitles. */
const VTT = Buffer.from(
  'WEBVTT\n\nNOTE nobody\n\n1\n00:01.000 --> 00:02.500 line:10% align:start\nGood <b>evening</b> & <i>you</i>\n\n00:03.000 --> 01:00:04.000\n<v Bob>Who <c.red>is</c> there?\n&lt;nobody&gt;\n',
);
const FILM = Buffer.alloc(50_000, 'a film ');
const NEW_FILM = Buffer.alloc(3000, 'another film ');

let hub: TestHub;
let kiosk: TestTerminal;
let app: ReturnType<typeof hubServer>;
let terminalApp: ReturnType<typeof hubServer>;
let titleId = '';
beforeAll(async () => {
  hub = await startTestHub();
  kiosk = await hub.terminal('kiosk', 'kiosk-1');
  titleId = await hub.title({}, FILM);
  await hub.signInStaff();
  app = hubServer(hub.hub.inside());
  const fingerprint = sha256Hex(kiosk.signer.certificateChain[0] ?? new Uint8Array());
  const peer = { id: kiosk.terminalId, role: 'kiosk' as const, fingerprint, serial: '', chain: () => [] };
  // Here a header says that the connection has shown the kiosk's certificate.
  const peerOf = (c: Context) => (c.req.header('authorization') === 'kiosk' ? peer : null);
  terminalApp = terminalServer({ ...hub.hub.inside(), peerOf });
});
afterAll(() => hub.close());

async function editionOf(title: string): Promise<{ editionId: string; etag: string }> {
  const { stores } = hub.hub.inside().db;
  const row = await stores.titles.find({ titleId: title as never });
  const edition = await stores.editions.find({ editionId: row?.editionId as never });
  assert(edition !== null, 'the title has an edition');
  return { editionId: edition.editionId, etag: `"${edition.sha256}"` };
}

/** A refusal is a problem of ours, whatever was sent. */
async function problemIn(answer: Response): Promise<Verdict> {
  const text = await answer.text();
  assert(answer.status < 500 && text.length <= 40_000, `${answer.status}: ${text.slice(0, 300)}`);
  const told = JSON.parse(text) as { code: string; status: number };
  assert(
    isProblemCode(told.code) && told.status === answer.status,
    `${text.slice(0, 200)} is no problem of ours`,
  );
  return told.code;
}

const header = (value: string): string =>
  value
    .replaceAll(/[^\x20-\x7e]/g, '')
    .trim()
    .slice(0, 300);

describe('files to the hub and from it', () => {
  it('SEC-8 CNT-1: subtitles of any bytes come out without markup, or are refused', async () => {
    const { executions } = await fuzz({
      name: 'subtitles',
      runs: 200_000,
      accepted: 20_000,
      refused: 5000,
      input: (chance) => mutateBytes(chance, VTT),
      judge: (bytes) => {
        const made = cleanSubtitles(bytes);
        if (!made.ok) return refusal(made.error);
        const out = Buffer.from(made.value).toString('utf8');
        assert(out.startsWith('WEBVTT\n') && !out.includes('\0'), 'WebVTT, and no NUL');
        for (const line of out.split('\n')) {
          const bare = line.replaceAll(/<\/?[biu]>/g, '');
          const times = /^[\d:.]+ --> [\d:.]+( [a-z]+:[a-z0-9.,%+-]+)*$/.test(bare);
          assert(times || !/[<>]/.test(bare), `markup came through: ${JSON.stringify(line)}`);
        }
        return 'accepted';
      },
    });
    expect(executions).toBeGreaterThanOrEqual(200_000);
  });

  it('SEC-8 CNT-1: an upload is what its hash says, or nothing of it stays', async () => {
    const types = [
      'video/webm',
      'text/vtt',
      'image/png',
      'image/svg+xml',
      'text/html; charset=utf-7',
      '',
      'x',
    ];
    const { verdicts } = await fuzz({
      name: 'uploads over HTTP',
      runs: 1000,
      accepted: 50,
      refused: 300,
      input: (chance) => {
        const kind = chance.pick(['edition', 'subtitles', 'subtitles', 'poster']);
        const sent = mutateBytes(chance, kind === 'edition' ? NEW_FILM : VTT);
        const hash = createHash('sha256').update(sent).digest('hex');
        return {
          kind,
          sent,
          title: chance.once(10) ? header(nearText(chance, titleId)) : titleId,
          language: chance.once(4) ? nearText(chance, 'pt-BR') : 'en',
          hash: chance.once(3) ? header(nearText(chance, hash)) : hash,
          type: chance.pick(types),
          length: chance.once(4) ? chance.pick(['0', '-1', '1e3', '99999999999999999999', 'x']) : null,
        };
      },
      judge: async ({ kind, sent, title, language, hash, type, length }) => {
        const before = await editionOf(titleId);
        const tail = kind === 'subtitles' ? `/${encodeURIComponent(Buffer.from(language).toString())}` : '';
        const answer = await app.request(
          `http://hub.test/api/v1/titles/${encodeURIComponent(title)}/${kind}${tail}`,
          {
            method: 'POST',
            body: new Uint8Array(sent),
            headers: {
              cookie: hub.cookie(),
              'x-content-sha256': hash,
              'content-type': type,
              ...(length === null ? {} : { 'content-length': length }),
            },
          },
        );
        const after = await editionOf(titleId);
        if (answer.status >= 400) {
          assert(after.editionId === before.editionId, 'refused, and the old edition is gone');
          return problemIn(answer);
        }
        const right = `"${createHash('sha256').update(sent).digest('hex')}"`;
        assert(kind !== 'edition' || after.etag === right, 'another edition than was sent');
        return 'accepted';
      },
    });
    expect(verdicts.size).toBeGreaterThan(4);
  });

  it('SEC-8 CNT-1: what a terminal fetches is the bytes that it asked for, or a refusal', async () => {
    const film = await hub.title({}, FILM);
    const { editionId, etag } = await editionOf(film);
    const from = (chance: Chance) => chance.below(FILM.length + 5000);
    const paths = [
      `/editions/${editionId}/content`,
      `/editions/${editionId}/manifest`,
      '/bundle',
      '/assets/',
    ];
    await fuzz({
      name: 'downloads over HTTP',
      runs: 2000,
      accepted: 400,
      refused: 200,
      input: (chance) => {
        const path = chance.pick([paths[0] ?? '', ...paths]);
        const range = `bytes=${chance.once(5) ? '' : from(chance)}-${chance.once(3) ? '' : from(chance)}`;
        return {
          path: chance.once(8) ? nearText(chance, path) : path,
          range: chance.once(4) ? header(nearText(chance, range)) : range,
          ifRange: chance.once(5) ? chance.pick([etag, '"x"', header(nearText(chance, etag))]) : null,
          ifNone: chance.once(8) ? chance.pick([etag, '*', 'W/"x"']) : null,
        };
      },
      judge: async ({ path, range, ifRange, ifNone }) => {
        const safe = path.replaceAll(/[^\x21-\x7e]/g, '').replaceAll(/[?#]/g, '%3f');
        const answer = await terminalApp.request(`http://hub.test/terminal/v1${safe}`, {
          headers: {
            authorization: 'kiosk',
            range,
            ...(ifRange === null ? {} : { 'if-range': ifRange }),
            ...(ifNone === null ? {} : { 'if-none-match': ifNone }),
          },
        });
        if (answer.status === 304) return 'not_modified';
        if (answer.status >= 400) return problemIn(answer);
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (safe === '/bundle') bundle.parse(JSON.parse(bytes.toString('utf8')));
        if (safe !== paths[0]) return 'accepted';
        const told = /^bytes (\d+)-(\d+)\/50000$/.exec(answer.headers.get('content-range') ?? '');
        assert((answer.status === 206) === (told !== null), 'a part says which part it is');
        const [first, last] = told === null ? [0, FILM.length - 1] : [Number(told[1]), Number(told[2])];
        assert(bytes.equals(FILM.subarray(first, last + 1)), 'other bytes than the answer says');
        return 'accepted';
      },
    });
  });
});
