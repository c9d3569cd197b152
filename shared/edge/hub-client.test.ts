import { describe, expect, it } from 'vitest';
import type { EditionId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import type { HttpRequest, HttpTransport } from './http-transport.ts';
import { createHubClient } from './hub-client.ts';
import { aBundle, idOf } from './testing/a-bundle.ts';

function aHub(
  answer: (request: HttpRequest) => { status: number; body?: unknown; bytes?: Uint8Array } | null,
) {
  const requests: HttpRequest[] = [];
  const transport: HttpTransport = {
    request: async (request) => {
      requests.push(request);
      const said = answer(request);
      if (said === null) return fault('hub_away', 'time-out');
      return ok({
        status: said.status,
        header: () => null,
        body: said.bytes ?? Buffer.from(said.body === undefined ? '' : JSON.stringify(said.body)),
      });
    },
  };
  return { requests, hub: createHubClient({ transport, hubUrl: 'https://hub.example/' }) };
}
const token = { sessionToken: 'abc' };

describe('hub client', () => {
  it('PR-21: asks below /terminal/v1 over the terminal’s own connection, with no credentials in it', async () => {
    const { hub, requests } = aHub(() => ({ status: 204 }));
    expect(await hub.signOut(token)).toEqual({ ok: true, value: undefined });
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: 'https://hub.example/terminal/v1/members/sign-out',
      body: JSON.stringify(token),
      headers: { 'content-type': 'application/json' },
    });
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['no answer', null, 'hub_away'],
    ['500', { status: 500, body: { code: 'hub_failed', detail: 'x' } }, 'hub_away'],
    ['503', { status: 503 }, 'hub_away'],
    [
      'a problem of the hub',
      { status: 401, body: { code: 'pin_wrong', detail: 'wrong', details: { triesLeft: 4 } } },
      'pin_wrong',
    ],
    ['a 404 of something else', { status: 404, bytes: Buffer.from('<html>') }, 'hub_answer_malformed'],
    ['an answer of another shape', { status: 200, body: { greeting: 7 } }, 'hub_answer_malformed'],
    ['no JSON', { status: 200, bytes: Buffer.from('{') }, 'hub_answer_malformed'],
    ['a redirection', { status: 302 }, 'hub_answer_malformed'],
  ])('PR-21: %s is %s', async (_name, answer, code) => {
    const { hub } = aHub(() => answer);
    const said = await hub.memberSession(token);
    expect(said).toMatchObject({ ok: false, error: { code } });
    if (!said.ok && code === 'pin_wrong') expect(said.error.details).toEqual({ triesLeft: 4 });
  });

  it('PR-21: a bundle that did not change is not sent again', async () => {
    const bundle = aBundle();
    const { hub, requests } = aHub(({ headers }) =>
      headers['if-none-match'] === '"bundle-1"' ? { status: 304 } : { status: 200, body: bundle },
    );
    expect(await hub.bundle(null)).toEqual({ ok: true, value: bundle });
    expect(await hub.bundle('bundle-1')).toEqual({ ok: true, value: null });
    expect(requests).toHaveLength(2);
  });

  it('CNT-1: content is exactly the range that was asked for', async () => {
    const edition = idOf<EditionId>(1);
    const { hub, requests } = aHub(() => ({ status: 206, bytes: new Uint8Array(10) }));
    expect(await hub.content(edition, 20, 10)).toMatchObject({ ok: true });
    expect(requests[0]?.headers.range).toBe('bytes=20-29');
    expect(await hub.content(edition, 20, 11)).toMatchObject({ error: { code: 'hub_answer_malformed' } });
    const whole = aHub(() => ({ status: 200, bytes: new Uint8Array(10) }));
    expect(await whole.hub.content(edition, 0, 10)).toMatchObject({
      error: { code: 'hub_answer_malformed' },
    });
  });
});
