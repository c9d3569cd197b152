import { expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { overviewOf } from '#hub/app/reports/overview.ts';
import { terminalHistoryOf } from '#hub/app/reports/terminal-history.ts';
import type { SiteId, TerminalId } from '#shared/kernel/ids.ts';
import { type Currency, money } from '#shared/kernel/money.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { KIOSKS, localDate, MINUTE, onBothDatabases } from './figures-facts.ts';

/** What staff see of today, and of a terminal's last days, against the facts by the platform's own calendar (Intl), on both databases. */

onBothDatabases('today', ({ facts, db }) => {
  it.each(['2026-03-29T13:30:00Z', '2026-11-01T15:30:00Z'])(
    'SCR-4: at %s today stands beside the same weekday of last week until the same hour on the wall',
    async (moment) => {
      const now = epochMs(Date.parse(moment));
      const clock = simulatedClock(now);
      const shown = await overviewOf({ db: db(), clock });
      const wall = (zone: string, at: number) =>
        new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(at);
      const sum = (currency: Currency, days: number, whole: boolean) =>
        facts
          .filter(({ shop, startedAt, closedAt }) => {
            const at = closedAt ?? startedAt;
            const today = localDate(shop.zone, now);
            const then = new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000);
            const inDay = localDate(shop.zone, at) === then.toISOString().slice(0, 10);
            const soFar = days === 0 ? at <= now : wall(shop.zone, at) < wall(shop.zone, now);
            return shop.currency === currency && inDay && (whole || soFar);
          })
          .reduce((all, { net, tax }) => all + (net > 0 ? net + tax : 0), 0);
      for (const { today, sameDayLastWeek, wholeDayLastWeek, hours } of shown.revenue) {
        const { currency } = today;
        expect([today, sameDayLastWeek, wholeDayLastWeek]).toEqual([
          money(sum(currency, 0, false), currency),
          money(sum(currency, 7, false), currency),
          money(sum(currency, 7, true), currency),
        ]);
        expect(hours.map(({ hour }) => hour)).toEqual(Array.from({ length: 24 }, (_, hour) => hour));
        expect(hours.reduce((all, { lastWeek }) => all + lastWeek, 0)).toBe(wholeDayLastWeek.minor);
      }
      expect(shown.revenue.length).toBeGreaterThan(0);
    },
  );

  it('FLT-1: what was done at a terminal stands in its hours', async () => {
    const now = epochMs(Date.parse('2026-10-26T12:20:00Z'));
    const from = Date.parse('2026-10-23T13:00:00Z');
    await db().stores.terminals.insert({
      ...{ terminalId: 'kiosk-1' as TerminalId, role: 'kiosk', siteId: 'shop-berlin' as SiteId },
      ...{ name: 'Kiosk', state: 'active', secretHash: null, hardwareSerial: '', software: null },
      ...{ session: null, epoch: null, online: true, onlineChangedAt: null, lastContactAt: null },
      ...{ heartbeat: null, heartbeatAt: null, configDesired: null, configReported: 0, cache: {} },
      ...{ createdAt: now, revokedAt: null, decommissionedAt: null, wipeReceipt: null },
    });
    await db().stores.terminalHistory.sample(epochMs(now - (now % 900_000)));
    const read = await terminalHistoryOf(
      { db: db(), clock: simulatedClock(now) },
      KIOSKS[0] as TerminalId,
      3,
    );
    const history = read.ok ? read.value : expect.fail(read.error.message);
    const expected = new Map<number, number>();
    for (const { kioskId, startedAt } of facts)
      if (kioskId === 'kiosk-1' && startedAt >= from && startedAt < from + 72 * 60 * MINUTE) {
        const hour = startedAt - (startedAt % (60 * MINUTE));
        expected.set(hour, (expected.get(hour) ?? 0) + 1);
      }
    expect(history).toMatchObject({ from, until: from + 72 * 60 * MINUTE });
    expect(new Map(history.hours.map(({ at, rentals }) => [at, rentals]))).toEqual(expected);
    expect(history.readings).toMatchObject([{ online: 1, queue: 0, temperatureCelsius: null }]);
    expect(
      await terminalHistoryOf({ db: db(), clock: simulatedClock(now) }, 'nobody' as TerminalId, 3),
    ).toMatchObject({ error: { code: 'terminal_missing' } });
  });
});
