import { describe, expect, it } from 'vitest';
import { decodeBatch, decodePresence } from '#shared/protocol/decode.ts';
import { downTopic, upTopic } from '#shared/protocol/topics.ts';
import { aSite, type Site } from '#test/support/edge-site.ts';
import { START, TERMINAL } from './testing/a-bundle.ts';

const batchesUp = (site: Site) =>
  site.link.up
    .filter(({ topic }) => topic === upTopic(TERMINAL, 'up'))
    .map(({ payload }) => {
      const batch = decodeBatch(payload);
      if (!batch.ok) throw new Error(batch.error.message);
      return batch.value;
    });

const started = async (options: Parameters<typeof aSite>[0] = {}): Promise<Site> => {
  const site = aSite(options);
  site.sync.start();
  await site.flush();
  return site;
};

describe('sync', () => {
  it('PR-6: births its session after subscribing and leaves the same session as its will', async () => {
    const site = aSite();
    site.sync.start();
    await site.clock.settle();
    const [birth] = site.link.up;
    const will = site.link.open()?.will;
    const said = decodePresence(birth?.payload ?? new Uint8Array());
    const willed = decodePresence(will?.payload ?? new Uint8Array());
    expect(birth).toMatchObject({ topic: upTopic(TERMINAL, 'st'), retained: true });
    expect(said.ok && willed.ok && said.value.session === willed.value.session).toBe(true);
    expect(said.ok && said.value.online).toBe(true);
    expect(willed.ok && willed.value.online).toBe(false);
    await site.flush();
    await site.sync.stop();
    await site.flush();
    expect(site.hub.online()).toBe(false);
  });

  it('PR-10 SYN-1: events leave the queue only with the hub’s ack, not with the broker’s', async () => {
    const site = await started();
    site.happen(0);
    await site.clock.settle();
    expect(site.store.position(0).queued).toBe(1);
    await site.flush();
    expect(site.store.position(0)).toMatchObject({ queued: 0, acked: 0, firstHeld: 0 });
    expect(site.hub.applied(0)).toHaveLength(1);
  });

  it('PR-11: sends at most the window beyond the ack', async () => {
    const site = await started({ window: 3 });
    for (let index = 0; index < 10; index += 1) site.happen(0);
    await site.clock.settle();
    expect(batchesUp(site).flatMap(({ events }) => events.map(({ sequence }) => sequence))).toEqual([
      0, 1, 2,
    ]);
    await site.flush();
    expect(site.hub.applied(0)).toHaveLength(10);
  });

  it('PR-9 SYN-5: money overtakes a backlog of telemetry', async () => {
    const site = aSite();
    for (let index = 0; index < 300; index += 1) site.happen(1);
    site.happen(0);
    site.sync.start();
    await site.clock.settle();
    await site.clock.advance(5_000);
    expect(batchesUp(site).map(({ lane }) => lane)).toEqual([0, 1, 1]);
    await site.sync.stop();
  });

  it('PR-26, SYN-4: what was noted before the boot knew the hub’s time waits for the first answer and is sent with it; without an answer it goes after five seconds', async () => {
    const site = aSite();
    site.happen(0);
    await site.clock.advance(3_600_000);
    site.sync.start();
    await site.clock.advance(4_000);
    expect(batchesUp(site)).toEqual([]);
    const heartbeat = site.link.up.splice(0);
    for (const message of heartbeat) site.hub.take(message);
    for (const message of site.hub.down.splice(0)) site.link.deliver(message);
    await site.clock.settle();
    const [sent] = batchesUp(site);
    // Four seconds on its way there and none back: the middle is two seconds off.
    expect(sent?.events[0]?.stamp).toMatchObject({
      monotonic: expect.any(Number),
      clockOffset: 2_000,
      clockError: 2_000,
    });
    expect(site.store.read(0, 0, { events: 1, bytes: 10_000 })[0]?.stamp.clockOffset).toBeNull();
    await site.sync.stop();

    const alone = aSite();
    alone.happen(0);
    alone.sync.start();
    await alone.clock.advance(5_000);
    expect(batchesUp(alone)[0]?.events[0]?.stamp.clockOffset).toBeNull();
    await alone.sync.stop();
  });

  it('PR-16 SYN-5: dropped telemetry is declared as a gap and the rest goes on', async () => {
    const site = aSite();
    const ids = Array.from({ length: 10 }, () => site.happen(1));
    site.store.dropTelemetry(4);
    site.sync.start();
    await site.flush();
    expect(site.hub.applied(1)).toEqual(ids.slice(6));
    expect(site.hub.gaps()).toBe(1);
    expect(site.store.position(1).queued).toBe(0);
    await site.sync.stop();
  });

  it('PR-12: a lost batch goes again after a time-out of at least five seconds', async () => {
    const site = await started();
    site.happen(0);
    await site.clock.settle();
    site.link.up.length = 0;
    await site.clock.advance(4_999);
    expect(batchesUp(site)).toHaveLength(0);
    await site.clock.advance(1_300);
    expect(batchesUp(site)).toHaveLength(1);
    await site.flush();
    expect(site.hub.applied(0)).toHaveLength(1);
    await site.sync.stop();
  });

  it('PR-12: time-outs in vain grow, so that a hub that is away is not flooded', async () => {
    const site = await started();
    site.happen(0);
    let sent = 0;
    for (let second = 0; second < 600; second += 1) {
      await site.clock.advance(1_000);
      sent += batchesUp(site).length;
      site.link.up.length = 0;
    }
    expect(sent).toBeGreaterThanOrEqual(6);
    expect(sent).toBeLessThanOrEqual(12);
    await site.sync.stop();
  });

  it('SYN-2: after a cut everything unacknowledged goes again, and arrives once', async () => {
    const site = await started();
    const first = site.happen(0);
    await site.clock.settle();
    for (const message of site.link.up.splice(0)) site.hub.take(message);
    site.hub.down.length = 0;
    site.link.cut();
    const second = site.happen(0);
    await site.clock.advance(2_000);
    await site.flush();
    expect(site.link.connections()).toBe(2);
    expect(site.hub.applied(0)).toEqual([first, second]);
    expect(site.store.position(0).queued).toBe(0);
    await site.sync.stop();
  });

  it('PR-12: reconnecting backs off by chance, up to a minute', async () => {
    const site = await started();
    site.link.refuse(true);
    site.link.cut();
    await site.clock.advance(600_000);
    site.link.refuse(false);
    await site.clock.advance(60_000);
    await site.flush();
    expect(site.link.connections()).toBe(2);
    expect(site.sync.status().connected).toBe(true);
    await site.sync.stop();
  });

  it.each(['link_refused', 'link_untrusted'] as const)(
    'SEC-2: a terminal that is denied (%s) knocks seldom for as long as it is denied, and keeps what it has to say',
    async (code) => {
      const site = await started();
      site.happen(0);
      site.link.refuse(true, code);
      site.link.cut();
      const before = site.link.attempts();
      const anHour = 3_600_000;
      await site.clock.advance(anHour);
      expect(site.link.attempts() - before).toBeLessThanOrEqual(40);
      expect(site.store.position(0).queued).toBe(1);
      site.link.refuse(false);
      await site.clock.advance(600_000);
      await site.flush();
      expect(site.hub.applied(0)).toHaveLength(1);
      await site.sync.stop();
    },
  );

  it('SEC-1: what was refused to the former certificate, while it was renewed, does not hold the next one up', async () => {
    const site = aSite();
    site.link.refuse(true, 'link_refused');
    site.sync.start();
    expect(site.link.attempts()).toBe(1);
    site.sync.reconnect();
    site.link.refuse(false);
    await site.clock.advance(5_000);
    expect(site.sync.status().connected).toBe(true);
    await site.sync.stop();
  });

  it('SEC-2: a terminal whose connection is ended each time it comes about, as when it is denied a topic, does not loop', async () => {
    const site = await started();
    site.link.cut();
    const before = site.link.connections();
    for (let second = 0; second < 3600; second += 1) {
      await site.clock.advance(1000);
      if (site.link.open() === null) continue;
      // The hub has answered already when the connection ends.
      await site.flush();
      site.link.cut();
    }
    expect(site.link.connections() - before).toBeGreaterThan(20);
    expect(site.link.connections() - before).toBeLessThanOrEqual(150);
    await site.sync.stop();
  });

  it('PR-20: a new generation of the hub gets at once what is not acknowledged', async () => {
    const site = await started();
    site.hub.takeOver();
    await site.flush();
    site.happen(0);
    await site.clock.settle();
    site.link.up.length = 0;
    site.hub.takeOver();
    await site.flush();
    expect(site.hub.applied(0)).toHaveLength(1);
    await site.sync.stop();
  });

  it('PR-15 SYN-6: a hub restored from a backup gets the rest again, in order, nothing twice', async () => {
    const site = await started();
    const ids = Array.from({ length: 5 }, () => site.happen(0));
    await site.flush();
    const backup = site.hub.backup();
    ids.push(...Array.from({ length: 7 }, () => site.happen(0)));
    await site.flush();
    expect(site.store.position(0).queued).toBe(0);
    site.hub.restore(backup, 'timeline-2');
    expect(site.hub.applied(0)).toHaveLength(5);
    await site.clock.advance(30_000);
    await site.flush();
    expect(site.hub.applied(0)).toEqual(ids);
    expect(site.epochChanges).toEqual([]);
    await site.sync.stop();
  });

  it('PR-15: an ack of the old timeline that arrives late is not believed', async () => {
    const site = await started();
    const backup = site.hub.backup();
    site.happen(0);
    await site.clock.settle();
    for (const message of site.link.up.splice(0)) site.hub.take(message);
    const [late] = site.hub.down.splice(0);
    site.hub.restore(backup, 'timeline-2');
    await site.clock.advance(30_000);
    while (site.link.up.length > 0 && site.hub.down.length === 0) {
      const message = site.link.up.shift();
      if (message?.topic.endsWith('/tm')) site.hub.take(message);
    }
    for (const message of site.hub.down.splice(0)) site.link.deliver(message);
    if (late !== undefined) site.link.deliver(late);
    expect(site.store.position(0).acked).toBe(-1);
    await site.clock.advance(30_000);
    await site.flush();
    expect(site.hub.applied(0)).toHaveLength(1);
    await site.sync.stop();
  });

  it('PR-14 SYN-6: a hub that stands before what is still held makes a new epoch', async () => {
    const site = await started();
    const empty = site.hub.backup();
    const ids = Array.from({ length: 6 }, () => site.happen(0));
    await site.flush();
    site.store.acknowledge(0, 5, START);
    await site.clock.advance(1_000);
    site.store.purgeAcknowledged(site.clock.now());
    const later = site.happen(0);
    await site.flush();
    site.hub.restore(empty, 'timeline-2');
    await site.clock.advance(30_000);
    await site.flush();
    expect(site.epochChanges).toEqual(['hub_before_held']);
    expect(site.hub.applied(0)).toEqual([later]);
    expect(ids).toHaveLength(6);
    await site.sync.stop();
  });

  it('PR-13 PR-14 SYN-3: a conflict begins a new epoch and the hub gets everything held once', async () => {
    const site = await started();
    const ids = [site.happen(0), site.happen(0)];
    await site.flush();
    site.hub.refuseWith('epoch_conflict');
    ids.push(site.happen(0));
    await site.clock.settle();
    const conflicting = site.link.up.splice(0);
    for (const message of conflicting) site.hub.take(message);
    site.hub.refuseWith(null);
    await site.flush();
    expect(site.epochChanges).toEqual(['epoch_conflict']);
    expect(site.store.epoch()).not.toBe('epoch-1');
    expect(site.hub.applied(0)).toEqual(ids);
    expect(site.store.position(0).queued).toBe(0);
    await site.sync.stop();
  });

  it('PR-14 SYN-3: a store that was set back meets a hub that knows more: new epoch, nothing lost', async () => {
    const site = await started();
    site.happen(0);
    await site.flush();
    const other = await started({ seed: 2 });
    other.hub.restore(
      { ...site.hub.backup(), cursors: new Map([['epoch-1/0', { contiguous: 40, inbox: new Map() }]]) },
      'timeline-1',
    );
    const id = other.happen(0);
    await other.flush();
    expect(other.epochChanges).toEqual(['hub_ahead']);
    expect(other.hub.applied(0).at(-1)).toBe(id);
    await site.sync.stop();
    await other.sync.stop();
  });

  it('PR-3: a batch that is too large is halved until it passes', async () => {
    const site = aSite();
    for (let index = 0; index < 8; index += 1) site.happen(0);
    site.sync.start();
    await site.clock.settle();
    site.hub.refuseWith('too_large');
    for (const message of site.link.up.splice(0)) site.hub.take(message);
    for (const message of site.hub.down.splice(0)) site.link.deliver(message);
    site.hub.refuseWith(null);
    await site.clock.settle();
    expect(Math.max(...batchesUp(site).map(({ events }) => events.length))).toBeLessThanOrEqual(100);
    await site.flush();
    expect(site.hub.applied(0)).toHaveLength(8);
    await site.sync.stop();
  });

  it('PR-5: a revoked terminal keeps its outbox and asks again only seldom', async () => {
    const site = await started();
    site.hub.refuseWith('revoked_terminal');
    site.happen(0);
    for (let minute = 0; minute < 20; minute += 1) {
      await site.clock.advance(60_000);
      await site.flush();
    }
    expect(site.sync.status().refused).toBe('revoked_terminal');
    expect(site.link.connections()).toBeLessThanOrEqual(10);
    expect(site.store.position(0).queued).toBe(1);
    site.hub.refuseWith(null);
    await site.clock.advance(300_000);
    await site.flush();
    expect(site.sync.status().refused).toBeNull();
    expect(site.hub.applied(0)).toHaveLength(1);
    await site.sync.stop();
  });

  it('PR-18: a retained command is not heeded', async () => {
    const site = await started();
    const payload = new Uint8Array([123, 125]);
    site.link.deliver({ topic: downTopic(TERMINAL, 'cmd'), payload, retained: true });
    expect(site.commands).toHaveLength(0);
    site.link.deliver({ topic: downTopic(TERMINAL, 'cmd'), payload, retained: false });
    expect(site.commands).toHaveLength(1);
    await site.sync.stop();
  });

  it('PR-4: nonsense on every topic changes nothing', async () => {
    const site = await started();
    const before = [site.store.position(0), site.store.position(1)];
    for (const channel of ['ack', 'cfg'] as const)
      for (const text of ['', '{', 'null', '[]', '{"version":{"major":9,"minor":0}}'])
        site.link.deliver({
          topic: downTopic(TERMINAL, channel),
          payload: Buffer.from(text),
          retained: false,
        });
    expect([site.store.position(0), site.store.position(1)]).toEqual(before);
    await site.sync.stop();
  });
});
