import { problemSchema } from '#hub/http/contract/common.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

export interface ApiSettings {
  /** Address of the hub, without a path. */
  readonly hubUrl: string;
  readonly name: string;
  readonly password: string;
  /** Of the second factor; empty: none is at hand. */
  readonly code: string;
  /** A session that `sign-in` printed; empty: every run signs in by itself. */
  readonly session: string;
}

/** The staff API for a command: signs in with the first call, says every problem by its code. */
export interface Api {
  /** The session's cookie. */
  session(): Promise<Result<string, Fault>>;
  get(path: string): Promise<Result<unknown, Fault>>;
  send(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
  ): Promise<Result<unknown, Fault>>;
  upload(
    path: string,
    upload: { content: ReadableStream | Uint8Array; headers: Record<string, string> },
  ): Promise<Result<unknown, Fault>>;
}

export function connectApi(settings: ApiSettings): Api {
  const base = `${settings.hubUrl.replace(/\/+$/, '')}/api/v1`;
  let cookie: string | null = settings.session === '' ? null : settings.session;

  const ask = async (path: string, init: RequestInit): Promise<Result<Response, Fault>> => {
    let answer: Response;
    try {
      answer = await fetch(`${base}${path}`, init);
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      return fault(
        'hub_away',
        `no hub answers at ${settings.hubUrl} (${cause}). Is it running? HUB_URL names it.`,
      );
    }
    if (answer.ok) return ok(answer);
    const problem = problemSchema.safeParse(await answer.json().catch(() => null));
    if (!problem.success)
      return fault('hub_answer_malformed', `the hub answered ${answer.status} without saying why`);
    const { code, detail, details } = problem.data;
    return fault(code, detail, details);
  };
  const signIn = async (): Promise<Result<string, Fault>> => {
    if (cookie !== null) return ok(cookie);
    const { name, password, code } = settings;
    if (password === '')
      return fault(
        'password_missing',
        'KEYTURN_STAFF_PASSWORD is not set: the password of your staff account (KEYTURN_STAFF, default admin)',
      );
    const answer = await ask('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password, ...(code === '' ? {} : { code }) }),
    });
    if (!answer.ok) return answer;
    const signedIn = (await answer.value.json()) as { level?: string };
    if (signedIn.level === 'password')
      return fault(
        'code_missing',
        'KEYTURN_STAFF_CODE is not set: the code of your authenticator app, or a backup code',
      );
    cookie = answer.value.headers.get('set-cookie')?.split(';')[0] ?? '';
    return ok(cookie);
  };
  const call = async (path: string, init: RequestInit): Promise<Result<unknown, Fault>> => {
    const session = await signIn();
    if (!session.ok) return session;
    const answer = await ask(path, { ...init, headers: { ...init.headers, cookie: session.value } });
    if (!answer.ok) return answer;
    const text = await answer.value.text();
    return ok(text === '' ? null : JSON.parse(text));
  };
  return {
    session: signIn,
    get: (path) => call(path, {}),
    send: (method, path, body) =>
      call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    upload: (path, { content, headers }) =>
      // A stream is sent as it is read (`duplex`), so a file of any size needs no memory.
      call(path, { method: 'POST', headers, body: content as BodyInit, duplex: 'half' } as RequestInit),
  };
}

/** A path with its parts escaped: an id from the command line never becomes another address. */
export const at = (strings: TemplateStringsArray, ...values: readonly string[]): string =>
  strings.reduce((path, text, index) => `${path}${encodeURIComponent(values[index - 1] ?? '')}${text}`);
