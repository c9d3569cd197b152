import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { epochMs } from '#shared/kernel/time.ts';
import { leaseAnswer } from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub, type TestTerminal } from './hub-harness.ts';

const film = Buffer.alloc(700_000, 'The whole film, once. ');

describe('the hub’s keys', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  const jobs = async (passed: number): Promise<void> => {
    await hub.clock.advance(passed);
    await hub.hub.inside().ticker.tick();
  };
  const contentOf = async (titleId: string): Promise<Buffer> => {
    const { db } = hub.hub.inside();
    const title = await db.stores.titles.find({ titleId: titleId as never });
    const answer = await hub.atTerminals(kiosk, `/editions/${title?.editionId}/content`);
    return Buffer.from(await answer.arrayBuffer());
  };

  it('SEC-3: staff rotate the library’s key; titles stay readable, the old generation is retired when nothing uses it', async () => {
    const titleId = await hub.title({}, film);
    expect((await hub.asTwo('/keys/library/rotate')).status).toBe(200);
    const [newest] = await hub.hub.inside().keys.generations('library');
    const generation = newest?.generation;
    expect((await contentOf(titleId)).equals(film)).toBe(true);
    for (const passed of [20_000, 11 * 60_000, 20_000]) await jobs(passed);
    const { items } = (await (await hub.staff('/keys')).json()) as {
      items: { key: string; generations: { generation: string; retiredAt: number | null }[] }[];
    };
    const library = items.find(({ key }) => key === 'library')?.generations ?? [];
    expect(library.map((one) => [one.generation === generation, one.retiredAt === null])).toEqual([
      [true, true],
      [false, false],
    ]);
    expect((await contentOf(titleId)).equals(film)).toBe(true);
    const audit = await hub.hub.inside().db.stores.audit.list({ limit: 100 });
    expect(
      audit.filter(({ subject }) => subject === 'library').map(({ action, actor }) => [action, actor]),
    ).toEqual(
      expect.arrayContaining([
        ['keys.rotated', 'staff:admin, staff:berta-admin'],
        ['keys.retired', 'hub'],
      ]),
    );
  });

  it('SEC-3: a kiosk gets its own key opened and nobody else’s; after a rotation it is led over to another', async () => {
    const other = await hub.terminal('kiosk', 'kiosk-two');
    const returns = await hub.terminal('return-terminal', 'return-one');
    const ask = async (terminal: TestTerminal, wrapped: unknown) => {
      const { status, body } = await hub.ask(terminal, '/content-lease', { wrapped });
      return status === 200 ? { lease: leaseAnswer.parse(body) } : { code: (body as { code: string }).code };
    };
    const first = await ask(kiosk, null);
    const again = await ask(kiosk, first.lease?.wrapped);
    expect(again.lease).toMatchObject({ key: first.lease?.key, next: null });
    expect(Buffer.from(first.lease?.key ?? '', 'base64url')).toHaveLength(32);
    expect((first.lease?.validUntil ?? 0) - (first.lease?.grantedAt ?? 0)).toBe(72 * 3_600_000);
    expect(first.lease?.wrapped.wrapped).not.toContain(first.lease?.key);
    expect((await ask(other, null)).lease?.key).not.toBe(first.lease?.key);
    expect(await ask(other, first.lease?.wrapped)).toEqual({ code: 'lease_key_unknown' });
    expect(await ask(returns, null)).toEqual({ code: 'terminal_role_wrong' });
    const alerts = await hub.hub
      .inside()
      .db.stores.alerts.list({ code: 'security_lease_refused' }, { limit: 9 });
    expect(alerts.map(({ subject, severity }) => [subject, severity])).toEqual([['kiosk-two', 'critical']]);
    expect((await hub.asTwo('/keys/cache/rotate')).status).toBe(200);
    const led = await ask(kiosk, first.lease?.wrapped);
    expect(led.lease?.key).toBe(first.lease?.key);
    expect(led.lease?.next?.key).not.toBe(first.lease?.key);
    expect((await ask(kiosk, led.lease?.next?.wrapped)).lease).toMatchObject({
      key: led.lease?.next?.key,
      next: null,
    });
    hub.clock.jump(epochMs(hub.clock.now() + 31 * 86_400_000));
    await jobs(20_000);
    expect(await ask(kiosk, first.lease?.wrapped)).toEqual({ code: 'lease_key_unknown' });
  });
});
