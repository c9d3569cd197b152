import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    const answer = await fetch(hub.url(`/terminal/v1/editions/${title?.editionId}/content`), {
      headers: { authorization: kiosk.authorization },
    });
    return Buffer.from(await answer.arrayBuffer());
  };

  it('SEC-3: staff rotate the library’s key; titles stay readable, the old generation is retired when nothing uses it', async () => {
    const titleId = await hub.title({}, film);
    const rotated = await hub.staff('/keys/library/rotate', { method: 'POST', body: '{}' });
    expect(rotated.status).toBe(200);
    const { generation } = (await rotated.json()) as { generation: string };
    expect((await contentOf(titleId)).equals(film)).toBe(true);
    for (const passed of [20_000, 11 * 60_000, 20_000]) await jobs(passed);
    const { items } = (await (await hub.staff('/keys')).json()) as {
      items: { purpose: string; generations: { generation: string; retiredAt: number | null }[] }[];
    };
    const library = items.find(({ purpose }) => purpose === 'library')?.generations ?? [];
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
        ['keys.rotated', 'staff:admin'],
        ['keys.retired', 'hub'],
      ]),
    );
  });
});
