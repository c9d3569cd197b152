import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { type LocalRefusal, localGuard } from './local-guard.ts';

function aServer() {
  const refused: LocalRefusal[] = [];
  const app = new Hono();
  app.use(
    '*',
    localGuard({
      names: ['192.0.2.7'],
      otherOrigins: ['http://127.0.0.1:7300'],
      refused: (code) => refused.push(code),
    }),
  );
  app.all('*', (c) => c.text('inside'));
  const ask = (headers: Record<string, string>, method = 'GET') =>
    app.request('http://127.0.0.1:7310/session', { method, headers });
  return { ask, refused };
}

describe('SEC-8: a local server answers its own machine only', () => {
  test.each([
    '127.0.0.1:7310',
    'localhost:7310',
    'LOCALHOST:7310',
    '[::1]:7310',
    'localhost',
    '192.0.2.7:80',
  ])('SEC-8: Host %s is this machine', async (host) => {
    expect((await aServer().ask({ host })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:7310',
    'localhost.evil.example:7310',
    '127.0.0.1.evil.example',
    'evil.example:7310@127.0.0.1:7310',
    '127.0.0.1:7310@evil.example',
    '127.0.0.2:7310',
    '127.1:7310',
    '0.0.0.0:7310',
    '2130706433:7310',
    '[::ffff:127.0.0.1]:7310',
    'localhost.:7310',
    'localhost:7310:80',
    '',
    ' ',
  ])('SEC-8: Host %j is somebody else', async (host) => {
    const { ask, refused } = aServer();
    const answer = await ask({ host });
    expect([answer.status, refused]).toEqual([421, ['security_host_refused']]);
    expect(await answer.text()).not.toContain('inside');
  });

  test.each(['GET', 'POST', 'OPTIONS', 'DELETE'])(
    'SEC-8: %s with a foreign origin is refused',
    async (method) => {
      for (const origin of [
        'http://evil.example',
        'null',
        'https://127.0.0.1:7310',
        'http://127.0.0.1:7311',
        '',
      ]) {
        const { ask, refused } = aServer();
        const answer = await ask({ host: '127.0.0.1:7310', origin }, method);
        expect([origin, answer.status, refused]).toEqual([origin, 403, ['security_origin_refused']]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  test('SEC-8: its own page and those it was told of come in', async () => {
    for (const origin of ['http://127.0.0.1:7310', 'http://127.0.0.1:7300'])
      expect((await aServer().ask({ host: '127.0.0.1:7310', origin }, 'POST')).status).toBe(200);
  });
});
