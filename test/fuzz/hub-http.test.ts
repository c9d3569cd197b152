import type { Context } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProblemCode } from '#hub/http/problem.ts';
import { hubServer, terminalServer } from '#hub/http/server.ts';
import { assert } from '#shared/kernel/assert.ts';
import { sha256Hex } from '#shared/media/certificate.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import * as api from '#shared/protocol/terminal-api.ts';
import { startTestHub, TARIFF, type TestHub, type TestTerminal } from '#test/contract/hub-harness.ts';
import { fuzz, type Verdict } from './campaign.ts';
import type { Chance } from './chance.ts';
import { mutateDocument, nearText, oddText } from './mutate.ts';
import { exampleOf, samplesOf } from './samples.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
  readonly type: string;
}
type Node = Record<string, unknown>;

let hub: TestHub;
let terminals: readonly TestTerminal[];
let app: ReturnType<typeof hubServer>;
let terminalApp: ReturnType<typeof hubServer>;
let session = '';
let titleId = '';
let ownSession = '';
let signIns = 0;
async function open(database: 'quick' | 'PGlite'): Promise<void> {
  hub = await startTestHub({}, database);
  terminals = [await hub.terminal('kiosk', 'kiosk-1'), await hub.terminal('return-terminal', 'return-1')];
  titleId = await hub.title();
  await signIn();
  app = hubServer(hub.hub.inside());
  // Here a header says whose certificate the connection has shown.
  const peers = new Map(
    terminals.map(({ terminalId, signer }) => {
      const fingerprint = sha256Hex(signer.certificateChain[0] ?? new Uint8Array());
      return [
        terminalId as string,
        { id: terminalId, role: signer.role, fingerprint, serial: '', chain: () => [] },
      ] as const;
    }),
  );
  const peerOf = (c: Context) => peers.get(c.req.header('authorization') ?? '') ?? null;
  terminalApp = terminalServer({ ...hub.hub.inside(), peerOf });
  const [kiosk] = terminals;
  assert(kiosk !== undefined, 'a kiosk');
  const member = { displayName: 'Ann', birthYear: 1980, pin: '4711', language: 'en' };
  const registered = api.registerAnswer.parse((await hub.ask(kiosk, '/members/register', member)).body);
  session = registered.session.sessionToken;
  signIns = 0;
}

/** Some requests end the session that asks. */
async function signIn(): Promise<void> {
  assert((await hub.signInStaff()).status === 200, 'staff may sign in');
  const { sessions } = (await (await hub.staff('/account')).json()) as {
    sessions: readonly { sessionId: string; own: boolean }[];
  };
  ownSession = sessions.find(({ own }) => own)?.sessionId ?? '';
  assert(ownSession !== '', 'the own session is listed');
}

/** Asks the real app; whatever was sent, the answer is one that the contract knows. */
async function ask(request: Request, headers: Record<string, string>): Promise<Verdict> {
  const body = request.body === null ? {} : { body: request.body };
  const type = request.body === null ? {} : { 'content-type': request.type };
  const server = request.path.startsWith('/terminal/') ? terminalApp : app;
  const answer = await server.request(`http://hub.test${request.path}`, {
    method: request.method,
    headers: { ...headers, ...type },
    ...body,
  });
  const text = await answer.text();
  assert(answer.status < 500, `${answer.status}: ${text.slice(0, 300)}`);
  if (answer.status < 400) return 'accepted';
  assert(text.length <= 40_000, `a problem of ${text.length} characters`);
  assert(
    answer.headers.get('content-type') === 'application/problem+json',
    `no problem, but ${text.slice(0, 100)}`,
  );
  const told = JSON.parse(text) as { code: string; status: number };
  assert(
    isProblemCode(told.code) && told.status === answer.status,
    `${text.slice(0, 200)} is no problem of ours`,
  );
  return told.code;
}

const tooLarge = () => `"${'x'.repeat(LIMITS.httpBodyBytes)}"`;
const bodyOf = (chance: Chance, samples: readonly unknown[]): string => {
  if (chance.once(300)) return tooLarge();
  return Buffer.from(mutateDocument(chance, samples)).toString('utf8');
};
const typeOf = (chance: Chance): string =>
  chance.once(40)
    ? chance.pick(['text/plain', 'application/jsonp', 'multipart/form-data'])
    : 'application/json';

/** Samples know the session, the title and the shop that there are, so that questions come past the first door. */
const lived = (sample: unknown): unknown => {
  const known: Record<string, unknown> = {
    sessionToken: session,
    titleId,
    siteId: hub.siteId,
    tariffId: hub.tariff.tariffId,
  };
  return JSON.parse(JSON.stringify(sample), (key, value: unknown) => known[key] ?? value);
};

const QUESTIONS = {
  '/enrol': api.enrolRequest,
  '/members/sign-in': api.signInRequest,
  '/members/register': api.registerRequest,
  '/members/session': api.sessionRequest,
  '/members/top-up': api.topUpRequest,
  '/members/identify-medium': api.identifyMediumRequest,
  '/rentals/prepare': api.prepareRequest,
  '/rentals/cancel': api.cancelRequest,
  '/rentals/states': api.rentalStatesRequest,
  '/returns/open': api.openReturnRequest,
  '/payments/authorise': api.authoriseRequest,
  '/payments/void': api.voidRequest,
  '/recommendations': api.recommendRequest,
} as const;

/** Requests to the whole app, its database in this process: minutes on a busy machine. */
const LONGEST = 15 * 60_000;

/** Most on the database in memory, which refuses what PostgreSQL refuses; PGlite takes ten times as long for each request. */
describe.each([
  ['quick', 20_000, ''],
  ['PGlite', 1_500, ' on PGlite'],
] as const)('the hub over HTTP, database %s', (database, runs, on) => {
  beforeAll(() => open(database));
  afterAll(() => hub.close());

  it(
    'SEC-8 PR-21: no question of a terminal makes the hub fail, and every refusal has its code',
    async () => {
      const asked = Object.entries(QUESTIONS).map(([path, schema]) => ({
        path,
        samples: samplesOf(schema, path).map(lived),
      }));
      const { executions, verdicts } = await fuzz({
        name: `terminal over HTTP${on}`,
        runs,
        accepted: runs / 40,
        refused: runs / 2,
        input: (chance, run) => {
          // A PIN is hashed slowly: those two questions come less often.
          const turn = asked[run % asked.length];
          const slow = turn !== undefined && /register|sign-in/.test(turn.path) && !chance.once(4);
          const { path, samples } = (slow ? asked[4 + chance.below(8)] : turn) ?? { path: '', samples: [] };
          const request = {
            method: 'POST',
            path: `/terminal/v1${path}`,
            body: bodyOf(chance, samples),
            type: typeOf(chance),
          };
          return { request, by: terminals[chance.once(3) ? 1 : 0]?.terminalId ?? '', odd: chance.once(60) };
        },
        judge: ({ request, by, odd }) => ask(request, { authorization: odd ? `${by}x` : by }),
      });
      expect(executions).toBeGreaterThanOrEqual(runs);
      expect(verdicts.get('request_malformed')).toBeGreaterThan(0.15 * runs);
      expect(verdicts.size).toBeGreaterThan(8);
    },
    LONGEST,
  );

  it(
    'SEC-8 SEC-7: no request of staff makes the hub fail, and every refusal has its code',
    async () => {
      const operations = await staffOperations();
      expect(operations.length).toBeGreaterThan(35);
      const { executions, verdicts } = await fuzz({
        name: `staff over HTTP${on}`,
        runs,
        accepted: runs / 20,
        refused: runs / 2,
        input: (chance, run) => {
          // What reads a whole trail, which grows with every request here, comes less often.
          const turn = operations[run % operations.length];
          const slow = turn !== undefined && /verif/.test(turn.path) && !chance.once(20);
          return staffRequest(chance, slow ? chance.pick(operations) : turn);
        },
        judge: async (request) => {
          const verdict = await ask(request, { cookie: hub.cookie() });
          if (verdict !== 'staff_signed_out') return verdict;
          await signIn();
          signIns += 1;
          return ask(request, { cookie: hub.cookie() });
        },
      });
      // Ended by a request, again and again; nothing else may end it.
      expect(signIns).toBeGreaterThan(runs / 6000);
      expect(verdicts.get('staff_signed_out')).toBeUndefined();
      expect(executions).toBeGreaterThanOrEqual(runs);
      expect(verdicts.get('request_malformed')).toBeGreaterThan(0.15 * runs);
      expect(verdicts.size).toBeGreaterThan(8);
    },
    LONGEST,
  );
});

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly samples: readonly unknown[];
  readonly query: readonly string[];
}

/** The stream of live events has no end to wait for; signing in and out is what the requests themselves stand on. */
const leftOut = (method: string, path: string): boolean =>
  path === '/live' || (path === '/session' && method !== 'get');

/** All that the OpenAPI document of the running hub knows, but `leftOut`. */
async function staffOperations(): Promise<readonly Operation[]> {
  const document = (await (await hub.staff('/openapi.json')).json()) as {
    paths: Record<string, Record<string, Node>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => !leftOut(method, path))
      .map(([method, operation]) => {
        const sent = operation['requestBody'] as { content: Record<string, { schema: Node }> } | undefined;
        const schema = sent?.content['application/json']?.schema;
        const made = schema === undefined ? [] : [0, 1, 2, 3].map((at) => exampleOf(schema, document, at));
        const own = path.startsWith('/tariffs') && schema !== undefined ? [TARIFF, { tariff: TARIFF }] : [];
        const samples = [...own, ...made].map(lived);
        const parameters = (operation['parameters'] ?? []) as { in: string; name: string }[];
        const query = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
        return { method: method.toUpperCase(), path, samples, query };
      }),
  );
}

function staffRequest(chance: Chance, operation: Operation | undefined): Request {
  assert(operation !== undefined, 'an operation');
  const ids = [
    titleId,
    hub.siteId,
    hub.tariff.tariffId,
    'kiosk-1',
    '0199d0c8-1c00-7000-8000-000000000001',
    ownSession,
  ];
  const place = () =>
    encodeURIComponent(chance.once(3) ? safe(nearText(chance, chance.pick(ids))) : chance.pick(ids));
  const path = operation.path.replace(/\{[^}]+\}/g, place);
  const query = operation.query
    .filter(() => chance.once(2))
    .map(
      (name) =>
        `${name}=${encodeURIComponent(safe(chance.once(2) ? oddText(chance) : chance.pick([...ids, '1', '0', '50'])))}`,
    );
  const address = `/api/v1${path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  const body = operation.samples.length === 0 ? null : bodyOf(chance, operation.samples);
  return { method: operation.method, path: address, body, type: typeOf(chance) };
}

/** Halves of a character cannot stand in an address. */
const safe = (text: string): string => Buffer.from(text.slice(0, 400), 'utf8').toString('utf8');
