import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { createScreenApp } from './screen-server.ts';
import { START } from './testing/a-bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-screen-'));
mkdirSync(join(folder, 'ui', 'assets'), { recursive: true });
writeFileSync(join(folder, 'ui', 'index.html'), '<!doctype html><title>kiosk</title>');
writeFileSync(join(folder, 'ui', 'assets', 'app-1.js'), 'export {}');
writeFileSync(join(folder, 'secret.json'), '{"secret":true}');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function aScreen() {
  const clock = simulatedClock(START);
  const listeners = new Set<() => void>();
  const state = { step: 'attract' };
  const app = createScreenApp({
    screen: {
      intents: z.object({ kind: z.literal('go'), step: z.string().max(20) }),
      snapshot: () => ({ ...state }),
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      intent: async ({ step }) => {
        if (step === 'forbidden') return fault('medium_missing', 'put a medium in');
        state.step = step;
        for (const listener of listeners) listener();
        return ok(undefined);
      },
    },
    assets: {
      get: async (sha256) =>
        sha256 === 'a'.repeat(64)
          ? ok({ bytes: new Uint8Array([1, 2]), mediaType: 'image/png' })
          : fault(sha256 === 'b'.repeat(64) ? 'hub_away' : 'asset_unknown', 'played'),
    },
    clock,
    log: silentLog,
    uiFolder: join(folder, 'ui'),
    health: () => ({ online: false }),
  });
  const post = (body: string, headers: Record<string, string> = {}) =>
    app.request('http://localhost:7310/session/intents', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', host: 'localhost:7310', ...headers },
    });
  return { app, clock, listeners, state, post };
}

describe('screen server', () => {
  it('SCR-7: shows the snapshot and never lets it be stored', async () => {
    const { app } = aScreen();
    const answer = await app.request('/session');
    expect(await answer.json()).toEqual({ step: 'attract' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('SEC-8: every answer, also a refused one, forbids framing, sniffing, foreign scripts and foreign readers', async () => {
    const { app, post } = aScreen();
    const answers = [
      await app.request('/'),
      await app.request('/session'),
      await app.request('/assets/app-1.js'),
      await app.request('/nowhere'),
      await app.request('/health', { headers: { host: 'evil.example' } }),
      await post('{', { origin: 'http://evil.example' }),
    ];
    for (const { status, headers } of answers) {
      const policy = headers.get('content-security-policy') ?? '';
      for (const rule of [
        "default-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
      ])
        expect(policy.split('; '), String(status)).toContain(rule);
      expect(Object.fromEntries(headers), String(status)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('SCR-7: takes an intent and says that it did', async () => {
    const { post, state } = aScreen();
    const answer = await post('{"kind":"go","step":"browse"}', { origin: 'http://localhost:7310' });
    expect([answer.status, await answer.json()]).toEqual([202, { accepted: true }]);
    expect(state.step).toBe('browse');
  });

  it.each([
    ['another shape', '{"kind":"stay"}', {}, 400, 'intent_malformed'],
    ['no JSON', '{', {}, 400, 'intent_malformed'],
    ['a form', 'kind=go', { 'content-type': 'text/plain' }, 415, 'media_type_unsupported'],
    ['a foreign page', '{"kind":"go","step":"x"}', { origin: 'http://evil.example' }, 403, 'origin_foreign'],
    ['a page without origin', '{"kind":"go","step":"x"}', { origin: 'null' }, 403, 'origin_foreign'],
    [
      'too much',
      `{"kind":"go","step":"${'x'.repeat(70_000)}"}`,
      { 'content-length': '70030' },
      413,
      'body_too_large',
    ],
    ['what the session refuses', '{"kind":"go","step":"forbidden"}', {}, 409, 'medium_missing'],
  ])('SEC-8: %s is refused with its code and changes nothing', async (_name, body, headers, status, code) => {
    const { post, state } = aScreen();
    const answer = await post(body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code, status });
    expect(state.step).toBe('attract');
  });

  it('SCR-7: events begin with the snapshot, follow changes and show that somebody is there', async () => {
    const { app, clock, listeners, post } = aScreen();
    const answer = await app.request('/session/events');
    const reader = answer.body?.getReader();
    const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await next()).toContain('data: {"step":"attract"}');
    await post('{"kind":"go","step":"browse"}');
    expect(await next()).toContain('data: {"step":"browse"}');
    await clock.advance(15_000);
    expect(await next()).toBe(': here\n\n');
    await reader?.cancel();
    await clock.advance(15_000);
    expect(listeners.size).toBe(0);
  });

  it('SCR-1: serves the built page, assets for ever, and nothing beside its folder', async () => {
    const { app } = aScreen();
    const page = await app.request('/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await app.request('/assets/app-1.js')).headers.get('cache-control')).toContain('immutable');
    for (const path of [
      '/../secret.json',
      '/%2e%2e/secret.json',
      '/..%2fsecret.json',
      '/%00',
      '/none.html',
      '/%zz',
    ])
      expect((await app.request(path)).status).toBe(404);
  });

  it('SCR-1: pictures come from the cache; absent and unreachable are told apart', async () => {
    const { app } = aScreen();
    const picture = await app.request(`/assets/${'a'.repeat(64)}`);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect((await app.request(`/assets/${'b'.repeat(64)}`)).status).toBe(503);
    expect((await app.request(`/assets/${'c'.repeat(64)}`)).status).toBe(404);
  });

  it('OPS-1: says that it is there', async () => {
    const { app } = aScreen();
    expect(await (await app.request('/health')).json()).toEqual({ status: 'ok', online: false });
  });
});
