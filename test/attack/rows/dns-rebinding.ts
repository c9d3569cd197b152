import type { Attack, Target } from '#test/attack/contract.ts';
import { rawHttp } from '#test/attack/support/raw-http.ts';

/** What a page sends whose own name was pointed at this machine after it was loaded: its name in `Host`, itself as `Origin`. */
const DISGUISES: readonly Readonly<Record<string, string>>[] = [
  { host: 'rebound.example:7310' },
  { host: 'rebound.example:7310', origin: 'http://rebound.example:7310' },
  { host: 'localhost.rebound.example', origin: 'http://localhost.rebound.example' },
  { host: '127.0.0.1.rebound.example' },
  { host: '[::ffff:127.0.0.1]' },
];
const FOREIGN_PAGE = { origin: 'http://rebound.example' };

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

async function ask(base: string, asked: readonly Asked[]): Promise<string[]> {
  const through: string[] = [];
  const { host } = new URL(base);
  for (const { method, path, body } of asked)
    for (const disguise of [...DISGUISES, { host, ...FOREIGN_PAGE }]) {
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const headers: Record<string, string> = { ...type, ...disguise };
      const answer = await rawHttp(base, {
        method,
        path,
        headers,
        patienceMs: 3000,
        ...(body === undefined ? {} : { body }),
      });
      const readable = answer.headers['access-control-allow-origin'] !== undefined;
      // Nothing at all, also not the start of the live events.
      if (![400, 403, 421].includes(answer.status) || readable)
        through.push(`${answer.status} ${method} ${path} as ${headers.host}`);
    }
  return through;
}

const SCREEN: readonly Asked[] = [
  { method: 'GET', path: '/' },
  { method: 'GET', path: '/session' },
  { method: 'GET', path: '/session/events' },
  { method: 'GET', path: '/health' },
  { method: 'POST', path: '/session/intents', body: '{"type":"touch"}' },
  { method: 'OPTIONS', path: '/session/intents' },
];

const evidence = (through: readonly string[], tried: number): string =>
  through.length === 0
    ? `${tried} requests of a rebound page, none answered`
    : `answered: ${through.slice(0, 3).join(' ; ')}`;

const screenOf = (target: Target, role: 'kiosk' | 'return-terminal'): string =>
  role === 'kiosk' ? target.fleet.own.kiosk.address() : target.fleet.own.returnTerminal.address();

const atTerminal = (role: 'kiosk' | 'return-terminal'): Attack => ({
  id: `dns-rebinding-${role}`,
  threat: 'dns-rebinding',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const screen = screenOf(target, role);
    const before = (await rawHttp(screen, { path: '/session' })).body.toString();
    const through = await ask(screen, SCREEN);
    const after = (await rawHttp(screen, { path: '/session' })).body.toString();
    const moved = JSON.parse(before).view.screen !== JSON.parse(after).view.screen;
    return {
      outcome: through.length === 0 && !moved ? 'refused' : 'got-through',
      evidence: evidence(through, SCREEN.length * (DISGUISES.length + 1)),
      trace: { alert: 'security_host_refused', subject: target.identities[role].terminalId },
    };
  },
});

export const dnsRebindingKiosk = atTerminal('kiosk');
export const dnsRebindingReturnTerminal = atTerminal('return-terminal');

export const dnsRebindingPlayer: Attack = {
  id: 'dns-rebinding-player',
  threat: 'dns-rebinding',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run({ fleet }) {
    const asked: readonly Asked[] = [
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/api/shelf' },
      { method: 'GET', path: '/api/shelf/events' },
      { method: 'POST', path: '/api/copies/0199d0c8-1c00-7000-8000-000000000001/open' },
    ];
    const through = await ask(fleet.own.playerUrl, asked);
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence: evidence(through, asked.length * (DISGUISES.length + 1)),
      trace: { playerLog: 'security_host_refused' },
    };
  },
};
