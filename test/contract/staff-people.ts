import { afterAll, beforeAll, expect } from 'vitest';
import { addStaff, type StaffRole } from '#hub/app/staff/accounts.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';

/** The password of everybody here. */
export const WORDS = 'seven umbrellas on a quiet tram';
export const codeOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { code?: unknown }).code;

/** A browser: keeps cookies, as long as the hub does not take them away. */
export class Browser {
  readonly #hub: TestHub;
  readonly jar = new Map<string, string>();
  constructor(hub: TestHub) {
    this.#hub = hub;
  }
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const answer = await fetch(this.#hub.url(`/api/v1${path}`), {
      method,
      headers: {
        cookie: [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (pair.slice(at + 1) === '') this.jar.delete(pair.slice(0, at));
      else this.jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  }
  signIn(name: string, password = WORDS): Promise<Response> {
    return this.ask('POST', '/session', { name, password });
  }
  get token(): string {
    return this.jar.get('keyturn_staff') ?? '';
  }
}

/** A hub for the tests of one file that demands a second factor of administrators, and people of its staff with browsers of their own. */
export function staffPeople() {
  let hub: TestHub;
  let made = 0;
  beforeAll(async () => {
    hub = await startTestHub({ HUB_SECOND_FACTOR: 'admin' });
  });
  afterAll(() => hub.close());

  const person = async (role: StaffRole): Promise<{ name: string; browser: Browser; staffId: string }> => {
    made += 1;
    const name = `${role}-${made}`;
    await addStaff(hub.hub.inside(), { name, role, password: WORDS });
    const row = await hub.hub.inside().db.stores.staff.first({ name });
    return { name, browser: new Browser(hub), staffId: row?.staffId ?? '' };
  };
  /** The wall clock alone moves: timers of the hub's own duties stay where they are. */
  const pass = async (ms: number) => hub.clock.jump(epochMs(hub.clock.now() + ms));
  /** Sets a second factor up in a signed-in browser; answers the secret. The code's step is used up: the next one comes with the next half minute. */
  const setUp = async (browser: Browser): Promise<string> => {
    const begun = (await (await browser.ask('POST', '/account/second-factor')).json()) as {
      secret: string;
      ticket: string;
    };
    const code = totpCode(begun.secret, hub.clock.now());
    expect(
      (await browser.ask('POST', '/account/second-factor/confirm', { ticket: begun.ticket, code })).status,
    ).toBe(200);
    await pass(30_000);
    return begun.secret;
  };
  const signedIn = async (role: StaffRole) => {
    const one = await person(role);
    expect((await one.browser.signIn(one.name)).status).toBe(200);
    if (role === 'admin') await setUp(one.browser);
    return one;
  };
  return {
    get hub() {
      return hub;
    },
    ...{ person, pass, setUp, signedIn },
  };
}
