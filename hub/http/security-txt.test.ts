import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { securityTxtRoute } from './security-txt.ts';

const ask = (securityContact: string) => {
  const app = new OpenAPIHono();
  const clock = { now: () => epochMs(Date.UTC(2026, 0, 1)) };
  securityTxtRoute(app, { clock, publicAddress: () => 'https://hub.example', securityContact });
  return app.request('/.well-known/security.txt');
};

describe('security.txt', () => {
  it('SEC-9: says whom to tell of a weakness, and until when that is believed (RFC 9116)', async () => {
    const answer = await ask('mailto:security@shop.example');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await answer.text()).split('\r\n')).toEqual([
      'Contact: mailto:security@shop.example',
      'Expires: 2026-06-30T00:00:00Z',
      'Preferred-Languages: en, ja',
      'Canonical: https://hub.example/.well-known/security.txt',
      '',
    ]);
  });

  it('SEC-9: without a contact it does not pretend to have one', async () => {
    expect((await ask('')).status).toBe(404);
  });
});
