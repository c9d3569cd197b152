import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatabaseTrouble, type HubDatabase } from '#hub/ports/database.ts';
import type { ReservationRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { EnvelopeEvent, Heartbeat } from '#shared/protocol/envelope.ts';
import { addTerminal, id, type MEMBER, SITE, START } from './hub-world.ts';
import { allPages, reservation } from './table-calls.ts';

/** What `HubDatabase` promises, as one suite for every database (DESIGN §8). */
export function databaseSuite(
  name: string,
  open: () => Promise<{ db: HubDatabase; close: () => Promise<void> }>,
): void {
  describe(`database: ${name}`, () => {
    let db: HubDatabase;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ db, close } = await open());
    });
    afterAll(() => close());
    const settings = (value: string) => ({ name: value, value: { value }, updatedAt: START });
    const present = async (value: string) => (await db.stores.settings.find({ name: value })) !== null;

    it('SYN-3: what a failed transaction did is undone, what a failed part of it did too and nothing else', async () => {
      const failed = db.transaction(async (stores) => {
        await stores.settings.put(settings('undone'));
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      await db.transaction(async (stores, { savepoint }) => {
        await stores.settings.put(settings('before'));
        await stores.settings.put({ ...settings('changed'), value: { value: 'first' } });
        const part = savepoint(async (inner) => {
          await inner.settings.put(settings('part'));
          await inner.settings.patch({ name: 'changed' }, { value: { value: 'second' } });
          await inner.settings.removeWhere({ name: 'before' });
          throw new Error('part');
        });
        await expect(part).rejects.toThrow('part');
        await stores.settings.put(settings('after'));
      });
      expect(await Promise.all(['undone', 'before', 'part', 'after'].map(present))).toEqual([
        false,
        true,
        false,
        true,
      ]);
      expect(await db.stores.settings.find({ name: 'changed' })).toMatchObject({ value: { value: 'first' } });
    });

    it('SCR-4: pages of a list put together are the whole list in its order, nothing twice, also while rows come', async () => {
      const { reservations } = db.stores;
      await reservations.removeWhere({});
      const moments = [null, 1, 1, 2, null, 3, 2, 1, null].map((at) => (at === null ? null : epochMs(at)));
      const rows = moments.map((readyAt) => reservation({ readyAt }));
      await reservations.insertMany(rows);
      for (const by of ['readyAt', 'reservationId'] as const)
        for (const descending of [false, true])
          for (const limit of [1, 2, 4, 9, 10]) {
            const order = { orderBy: [by, 'reservationId'] as const, descending, limit: 100 };
            const whole = await reservations.list({}, order);
            expect(await allPages(db.stores, {}, { by, descending, limit })).toEqual(whole);
          }
      // Rows that come between two pages, before and behind the place where one reads.
      const come = () =>
        reservations.insertMany(
          [null, 1, 2].map((at) => reservation({ readyAt: at === null ? null : epochMs(at) })),
        );
      const read = await allPages(db.stores, {}, { by: 'readyAt', descending: true, limit: 4 }, (page) =>
        page < 2 ? come() : Promise.resolve(0),
      );
      const ids = read.map(({ reservationId }) => reservationId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(rows.map(({ reservationId }) => reservationId)));
      const times = read.map(({ readyAt }) => readyAt ?? Number.POSITIVE_INFINITY);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      await reservations.removeWhere({});
    });

    it('LED-1: of transactions at the same time none sees or loses what another one does', async () => {
      const start = { name: 'counter', value: { n: 0 }, updatedAt: START };
      await db.stores.settings.put(start);
      await Promise.all(
        Array.from({ length: 8 }, () =>
          db.transaction(async ({ settings: table }) => {
            const row = await table.findForUpdate({ name: 'counter' });
            const { n } = (row ?? start).value as { n: number };
            await table.patch({ name: 'counter' }, { value: { n: n + 1 } });
          }),
        ),
      );
      expect((await db.stores.settings.find({ name: 'counter' }))?.value).toEqual({ n: 8 });
    });

    it('SYN-3: of calls side by side in a transaction the one that failed says why, whichever is heard first', async () => {
      const wrong = { ...reservation(), titleId: null } as unknown as ReservationRow;
      const heardLate = async <T>(call: Promise<T>): Promise<T> => {
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        return call;
      };
      const both = db.transaction((stores) => {
        const failing = stores.reservations.insert(wrong);
        failing.catch(() => {});
        return Promise.all([heardLate(failing), stores.settings.put(settings('beside'))]);
      });
      await expect(both).rejects.toMatchObject({ state: '23502' });
      expect(await db.stores.settings.find({ name: 'beside' })).toBeNull();
    });

    it('SYN-3: a value that a column cannot keep, an absent one that must be there, and a taken one are refused; nothing is written', async () => {
      const { reservations, members } = db.stores;
      const good = reservation();
      const wrong = (change: object) => ({ ...good, ...change }) as ReservationRow;
      for (const change of [
        { siteId: 'a\0b' },
        { titleId: null },
        { readyAt: 0.5 },
        { requestedAt: Number.MAX_VALUE },
      ])
        await expect(reservations.insert(wrong(change))).rejects.toBeInstanceOf(DatabaseTrouble);
      await expect(db.stores.settings.put({ ...settings('nul'), value: { a: 'b\0' } })).rejects.toMatchObject(
        { passing: false },
      );
      expect(await reservations.find(good)).toBeNull();
      expect(await reservations.insert(good)).toBe('created');
      expect(await reservations.insert({ ...good, state: 'ready' })).toBe('exists');
      expect(await reservations.insertMany([good, reservation(), good])).toBe(1);
      const member = {
        memberId: id<typeof MEMBER>(),
        token: 'mt_of_the_suite',
        number: '7770001',
        displayName: 'M',
        birthYear: 1980,
        language: 'en' as const,
        pinVerifier: 'x',
        pinKey: '',
        pinTries: 0,
        pinLockedAt: null,
        pinChangedAt: null,
        preferredMeans: [],
        currency: 'EUR' as const,
        siteId: SITE,
        state: 'active' as const,
        blockedAt: null,
        blockCause: null,
        createdAt: START,
      };
      await members.put(member);
      expect(await members.insert({ ...member, memberId: id(), number: '7770002' })).toBe('exists');
      const other = { ...member, memberId: id<typeof MEMBER>(), number: '7770003', token: 'mt_other' };
      await members.put(other);
      await expect(members.patch(other, { number: member.number })).rejects.toMatchObject({ state: '23505' });
    });

    it('FLT-1: a quarter of an hour is one row a terminal: how often it was there, the longest queue, the highest temperature', async () => {
      const { terminals, terminalHistory } = db.stores;
      const terminalId = 'sampled-1' as TerminalId;
      const beat = (queue: number, temperature: number | null) =>
        ({
          queue: { lane0: queue, lane1: 1, oldestAt: null },
          storage: { totalBytes: 2 ** 40, freeBytes: 2 ** 40 - queue },
          temperatureCelsius: temperature,
        }) as Heartbeat;
      const nothing = { session: null, epoch: null, secretHash: null, software: null, wipeReceipt: null };
      const never = { onlineChangedAt: null, lastContactAt: null, revokedAt: null, decommissionedAt: null };
      const named = { siteId: SITE, name: 'Sampled', role: 'kiosk', state: 'active' } as const;
      const told = { online: true, heartbeat: beat(4, 41.26), heartbeatAt: START, createdAt: START };
      const config = { hardwareSerial: '', configDesired: null, configReported: 1, cache: {} };
      const row: TerminalRow = { terminalId, ...named, ...told, ...nothing, ...never, ...config };
      const gone = { ...row, terminalId: 'sampled-2' as TerminalId, state: 'revoked' as const };
      await terminals.insertMany([
        row,
        gone,
        { ...row, terminalId: 'sampled-3' as TerminalId, heartbeat: null },
      ]);
      await terminalHistory.sample(START);
      await terminals.patch({ terminalId }, { online: false, heartbeat: beat(2, -3) });
      await terminalHistory.sample(START);
      await terminals.patch({ terminalId }, { heartbeat: beat(0, null) });
      await terminalHistory.sample(START);
      const later = epochMs(START + 900_000);
      await terminalHistory.sample(later);
      const read = (id: string) => terminalHistory.list({ terminalId: id as TerminalId }, { limit: 9 });
      expect(await read(terminalId)).toEqual([
        {
          ...{ terminalId, at: START, samples: 3, online: 1, queue: 5 },
          ...{ freeBytes: 2 ** 40, totalBytes: 2 ** 40, temperature: 413 },
        },
        {
          ...{ terminalId, at: later, samples: 1, online: 0, queue: 1 },
          ...{ freeBytes: 2 ** 40, totalBytes: 2 ** 40, temperature: null },
        },
      ]);
      expect(await read('sampled-2')).toEqual([]);
      expect((await read('sampled-3'))[0]).toMatchObject({ queue: 0, freeBytes: null, temperature: null });
    });

    it('SYN-2, SYN-4: an event stands once at its place; the last sure moment before one is told; what is asked for after a sequence comes in order, with gaps', async () => {
      const { inbox } = db.stores;
      const key = { terminalId: 'suite-1' as TerminalId, epoch: 'e1', lane: 0 as const };
      const stamp = { deviceTime: START, monotonic: 0, bootId: 'b', clockOffset: 0, clockError: 5 };
      const event = (sequence: number, n = id<EnvelopeEvent['id']>()) => ({
        ...key,
        receivedAt: START,
        event: { sequence, id: n, kind: 'some.kind', stamp, data: { sequence } } as unknown as EnvelopeEvent,
      });
      const [cursor] = await inbox.lockCursors([key, key], START);
      expect(cursor).toMatchObject({ contiguous: -1, firstHeld: 0, last: -1 });
      const events = [event(3), event(0), event(5)];
      expect((await inbox.insert(events)).map(({ created }) => created)).toEqual([true, true, true]);
      const again = await inbox.insert([event(3), event(4)]);
      expect(again.map(({ row, created }) => [row.sequence, created])).toEqual([
        [4, true],
        [3, false],
      ]);
      expect(again[1]?.row.eventId).toBe(events[0]?.event.id);
      const unsure = { ...stamp, deviceTime: epochMs(START + 1), clockError: 400_000 };
      const undated = { ...stamp, clockOffset: null, clockError: null };
      const dated = { ...stamp, deviceTime: epochMs(START + 2), clockOffset: -7 };
      for (const [sequence, own] of [dated, unsure, undated].entries())
        await inbox.insert([
          { ...event(sequence), epoch: 'e0', event: { ...event(sequence).event, stamp: own } },
        ]);
      const lane = { ...key, epoch: 'e0' };
      expect(await inbox.lastDated(lane, 3, 300_000)).toBe(START - 5);
      expect(await inbox.lastDated(lane, 3, 400_000)).toBe(START + 1);
      expect(await inbox.lastDated(lane, 0, 400_000)).toBeNull();
      expect((await inbox.after(key, 0, 2)).map(({ sequence }) => sequence)).toEqual([3, 4]);
      await inbox.moveCursors([
        { ...key, contiguous: 4, firstHeld: 0, last: 5, createdAt: START, updatedAt: START },
      ]);
      const moved = events.map((one) => ({ ...one, epoch: 'e2' }));
      const found = await inbox.elsewhere(moved);
      expect(found.map(({ sequence, epoch }) => [sequence, epoch]).sort()).toEqual([
        [0, 'e1'],
        [3, 'e1'],
      ]);
    });

    it('FLT-1: heartbeats of many terminals are heard together; who holds an older configuration is told; what was stale of them is over', async () => {
      const { terminals, alerts } = db.stores;
      const [told, behind, silent] = ['heard-1', 'heard-2', 'heard-3'] as TerminalId[] as [
        TerminalId,
        TerminalId,
        TerminalId,
      ];
      for (const terminalId of [told, behind, silent]) {
        await addTerminal(db, terminalId, 'kiosk');
        const configDesired = { version: 2 } as TerminalRow['configDesired'];
        await terminals.patch({ terminalId }, { online: false, configDesired, configReported: 1 });
        const draft = { severity: 'warning', message: 'm', terminalId, rentalId: null } as const;
        await alerts.raise(`${terminalId}-a`, { code: 'suite_stale', subject: terminalId, ...draft }, START);
      }
      const beat = (terminal: TerminalId, configVersion: number) =>
        ({
          terminal,
          software: '9.9',
          configVersion,
          queue: { lane0: 1, lane1: 0, oldestAt: null },
        }) as Heartbeat;
      const [first, second] = [epochMs(START + 1), epochMs(START + 2)];
      const unknown = 'heard-nobody' as TerminalId;
      expect(
        await terminals.hear([
          { beat: beat(told, 2), at: first },
          { beat: beat(behind, 1), at: second },
          { beat: beat(unknown, 1), at: second },
        ]),
      ).toEqual([behind]);
      expect(await terminals.find({ terminalId: told })).toMatchObject({
        ...{ online: true, software: '9.9', configReported: 2, heartbeat: beat(told, 2) },
        ...{ heartbeatAt: first, lastContactAt: first },
      });
      expect(await terminals.find({ terminalId: behind })).toMatchObject({
        heartbeatAt: second,
        online: true,
      });
      expect(await terminals.find({ terminalId: silent })).toMatchObject({ online: false });
      expect(await terminals.find({ terminalId: unknown })).toBeNull();
      const wide = { beat: beat(told, 2 ** 40), at: second };
      await expect(terminals.hear([wide])).rejects.toMatchObject({ passing: false });
      expect(await alerts.clear({ code: 'suite_stale', subject: [told, behind] }, 'hub', second)).toBe(true);
      const open = await alerts.list({ code: 'suite_stale', clearedAt: null }, { limit: 9 });
      expect(open.map(({ subject }) => subject)).toEqual([silent]);
    });

    it('SYN-3: alerts count on while open, leases pass on with a new generation, attempts are taken until used up', async () => {
      const { alerts, leases, staffAttempts } = db.stores;
      const draft = {
        code: 'suite_alert',
        subject: 's',
        severity: 'info',
        message: 'm',
        terminalId: null,
        rentalId: null,
      } as const;
      await alerts.raise('a1', draft, START);
      await alerts.raise('a2', { ...draft, message: 'n' }, epochMs(START + 1));
      expect(await alerts.clear(draft, 'staff:a', epochMs(START + 2))).toBe(true);
      expect(await alerts.clear(draft, 'staff:a', epochMs(START + 2))).toBe(false);
      await alerts.raise('a3', draft, epochMs(START + 3));
      const rows = await alerts.list({ code: 'suite_alert' }, { orderBy: ['raisedAt'], limit: 5 });
      expect(rows.map(({ alertId, count, message }) => [alertId, count, message])).toEqual([
        ['a1', 2, 'n'],
        ['a3', 1, 'm'],
      ]);
      const hold = (holder: string, now: number) =>
        leases.acquire('suite', holder, epochMs(now), epochMs(now + 10));
      expect([await hold('a', 0), await hold('b', 5), await hold('a', 5), await hold('b', 15)]).toMatchObject(
        [{ generation: 1 }, null, { generation: 1 }, { generation: 2, holder: 'b' }],
      );
      await leases.release('suite', 'b', epochMs(16));
      expect(await hold('a', 16)).toMatchObject({ generation: 3, holder: 'a' });
      const take = (now: number) => staffAttempts.take('suite', 2, 10, epochMs(now));
      expect([await take(0), await take(1), await take(2), await take(10)]).toEqual([
        true,
        true,
        false,
        true,
      ]);
    });

    it('SEC-9: what cards and clerks left with a rental is blanked, of no other one', async () => {
      const [mine, others] = [id<never>(), id<never>()];
      for (const rentalId of [mine, others])
        await db.stores.timeline.insert({
          entryId: id(),
          rentalId,
          at: START,
          recordedAt: START,
          kind: 'k',
          outcome: 'o',
          terminalId: null,
          eventId: null,
          detail: { reason: 'words', deep: [{ maskedCard: '4242', amount: 5 }] },
        });
      await db.stores.erasure.blankRentals([mine]);
      const detail = async (rentalId: never) => (await db.stores.timeline.first({ rentalId }))?.detail;
      expect(await detail(mine)).toEqual({ deep: [{ maskedCard: '', amount: 5 }] });
      expect(await detail(others)).toMatchObject({ reason: 'words', deep: [{ maskedCard: '4242' }] });
    });

    it('SEC-4: postings and audit entries wait for the log in the transaction that made them', async () => {
      const before = await db.stores.logPending.count({});
      const failed = db.transaction(async (stores) => {
        await stores.audit.append({ at: START, actor: 'hub', action: 'x', subject: 's', detail: {} });
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await db.stores.logPending.count({})).toBe(before);
      const row = await db.stores.audit.append({
        at: START,
        actor: 'hub',
        action: 'x',
        subject: 's',
        detail: { a: 1 },
      });
      const pending = await db.stores.logPending.list({}, { descending: true, limit: 1 });
      expect(pending).toMatchObject([{ kind: 'audit', subject: String(row.sequence), since: START }]);
      expect(await db.stores.audit.firstBroken()).toBeNull();
    });
  });
}
