import { beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { openHistory } from '#shared/media/history.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { REVOCATIONS_FILE } from '#shared/media/layout.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { signJws } from '#shared/media/signing.ts';
import {
  aBundle,
  aFleet,
  aRentedMedium,
  aTerminal,
  aTitle,
  type Fleet,
  NOON,
  titleIdAt,
} from '#test/support/return-terminal/a-terminal.ts';
import { walk } from '#test/support/return-terminal/walk.ts';
import { ownRecommendations, reservableOf } from './next-visit.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await aFleet();
});

async function leftOn(
  medium: Parameters<ReturnType<typeof createSimulatedDrive>['insert']>[0],
  terminal: ReturnType<typeof aTerminal>,
) {
  const drive = createSimulatedDrive({ name: 'kiosk', clock: terminal.clock, random: terminal.random });
  await drive.insert(medium);
  const report = await inspectMedium({ drive, trust: fleet.trust });
  if (!report.ok) throw new Error(report.error.code);
  return report.value;
}

describe('what is left for the next visit', () => {
  it('MS-32 SEC-1: the hub’s list of revoked terminals is left on the medium, also where nothing is recommended', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    const list = { version: 1, fleetId: fleet.trust.fleetId, madeAt: NOON, revoked: [] };
    const revocationList = await signJws('keyturn-revocations', list, fleet.hub, NOON);
    terminal.bundle = { ...aBundle(fleet), revocationList };
    await terminal.drive.insert(medium);
    await walk(terminal);
    expect(Buffer.from(medium.files.get(REVOCATIONS_FILE) ?? []).toString()).toBe(revocationList);
  });

  it('RET-6: the hub’s recommendations and history lie sealed on the medium, readable by the fleet’s kiosks only', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    const reason = { code: 'because_you_liked', titleId: titleIdAt(1), genre: null } as const;
    terminal.hub.advice = {
      recommendations: [{ titleId: titleIdAt(4), reason }],
      history: [{ titleId: titleIdAt(1), returnedAt: NOON, stars: 4 }],
      recipients: [],
      reservable: [],
    };
    await terminal.drive.insert(medium);
    expect((await walk(terminal)).advised).toBe(true);
    const { recommendations, history } = await leftOn(medium, terminal);
    if (recommendations === null || history === null) throw new Error('both are there');
    const opened = await openRecommendations(recommendations, fleet.readKey, fleet.trust);
    expect(opened.ok && opened.value.payload.titles).toEqual([
      { titleId: titleIdAt(4), reason, name: { en: 'Film 4', ja: '映画4' } },
    ]);
    const past = await openHistory(history, fleet.readKey, fleet.trust);
    expect(past.ok && past.value.payload.entries).toEqual([
      { titleId: titleIdAt(1), returnedAt: NOON, stars: 4 },
    ]);
    const stranger = await aFleet();
    expect(await openRecommendations(recommendations, stranger.readKey, fleet.trust)).toMatchObject({
      ok: false,
    });
  });

  it('RET-6: without the hub it recommends from the last neighbour table; the history it has stays', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    terminal.hub.away = true;
    await terminal.drive.insert(medium);
    expect((await walk(terminal, { stars: 5 })).advised).toBe(true);
    const { recommendations, history } = await leftOn(medium, terminal);
    expect(history).toBeNull();
    const opened = await openRecommendations(recommendations ?? new Uint8Array(), fleet.readKey, fleet.trust);
    expect(opened.ok && opened.value.payload.titles.map((one) => [one.titleId, one.reason.code])).toEqual([
      [titleIdAt(3), 'because_you_liked'],
      [titleIdAt(4), 'because_you_liked'],
      [titleIdAt(5), 'popular_here'],
    ]);
  });

  it('REC-1: never what was returned, is withdrawn, forbidden here, or for older people than the member is known to be', () => {
    const bundle = aBundle(fleet, {
      titles: [
        aTitle(1, { ageRating: 12 }),
        aTitle(3, { withdrawn: true }),
        aTitle(4, { territories: ['JP'] }),
        aTitle(5, { ageRating: 16 }),
        aTitle(6, { ageRating: 12 }),
      ],
      neighbours: [{ titleId: titleIdAt(1), near: [1, 3, 4, 5, 6].map(titleIdAt) }],
      popular: [titleIdAt(1), titleIdAt(6)],
    });
    const shown = ownRecommendations(bundle, [{ titleId: titleIdAt(1), stars: 3 }]);
    expect(shown.map((one) => one.titleId)).toEqual([titleIdAt(6)]);
    expect(ownRecommendations(bundle, [{ titleId: titleIdAt(1), stars: 1 }])[0]?.reason.code).toBe(
      'popular_here',
    );
  });

  it('RSV-1, RET-5: without the hub, what is all out or not yet released can be reserved', () => {
    const terminal = aTerminal(fleet);
    const bundle = aBundle(fleet, {
      titles: [
        aTitle(1),
        aTitle(2, { units: { total: 1, free: 0 } }),
        aTitle(3, { releaseAt: epochMs(NOON + 90 * 86_400_000) }),
        aTitle(4, { units: { total: 2, free: 1 } }),
        aTitle(5, { units: { total: 1, free: 0 }, withdrawn: true }),
      ],
    });
    expect(reservableOf(terminal.deps, bundle, null).map((one) => one.titleId)).toEqual([
      titleIdAt(2),
      titleIdAt(3),
    ]);
  });

  it('RET-6: a medium that goes away then is still returned; the extra is only missing', async () => {
    const { medium } = await aRentedMedium(fleet, [1]);
    const terminal = aTerminal(fleet);
    await terminal.drive.insert(medium);
    const done = await walk(terminal, {
      onLine: (_copyId, change) => {
        if (change.work === 'destroyed') terminal.drive.pull();
      },
    });
    expect(done.advised).toBe(false);
    expect(done.returned).toHaveLength(1);
  });
});
