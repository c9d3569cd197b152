import { addStaff, type StaffRole } from '#hub/app/staff/accounts.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Target } from '#test/attack/contract.ts';
import { type RawAnswer, rawHttp } from './raw-http.ts';

export const PEOPLE_PASSWORD = 'seven umbrellas on a quiet tram';
let made = 0;

/** A person of the fleet's staff, made for an attack; the name is new each time. */
export async function person(
  { fleet }: Target,
  role: StaffRole,
): Promise<{ readonly name: string; readonly staffId: string }> {
  made += 1;
  const name = `attacked-${role}-${made}`;
  const inside = fleet.own.hub.inside();
  await addStaff(inside, { name, role, password: PEOPLE_PASSWORD });
  const row = await inside.db.stores.staff.first({ name });
  assert(row !== null, 'the account was made');
  return { name, staffId: row.staffId };
}

/** Keeps cookies as a browser does, and sends what it is told to. */
export class BrowserLike {
  readonly cookies = new Map<string, string>();
  readonly #hubUrl: string;
  constructor({ hubUrl }: Target) {
    this.#hubUrl = hubUrl;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{
    readonly status: number;
    readonly code: string | null;
    readonly body: Record<string, unknown>;
  }> {
    const answer = await rawHttp(this.#hubUrl, {
      method,
      path: `/api/v1${path}`,
      headers: {
        origin: this.#hubUrl,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.#keep(answer);
    const read = readJson(answer);
    return { status: answer.status, code: typeof read.code === 'string' ? read.code : null, body: read };
  }

  signIn(name: string, password = PEOPLE_PASSWORD) {
    return this.ask('POST', '/session', { name, password });
  }

  #keep(answer: RawAnswer): void {
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
  }
}

function readJson(answer: RawAnswer): Record<string, unknown> {
  try {
    return JSON.parse(answer.body.toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
