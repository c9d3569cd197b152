import { describe, expect, it } from 'vitest';
import { commitGroup } from '#hub/app/ingest/commit-group.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { hubOfEachTest } from './hub-stage.ts';
import { addMember, HOUR, id, lane, START } from './hub-world.ts';

/** What kiosks that were cut off tell of PINs afterwards. */
const stage = hubOfEachTest();
let made = 0;
const alertsOn = (subject: string) => stage.hub.db.stores.alerts.list({ subject }, { limit: 20 });

async function member(): Promise<{ readonly memberId: MemberId; readonly token: string }> {
  made += 1;
  const memberId = id<MemberId>();
  const token = `mt_${String(made).padStart(22, '0')}`;
  await addMember(stage.hub.db, memberId, token, `20000${made}`);
  return { memberId, token };
}

describe('MED-5: wrong PINs that kiosks refused without the hub', () => {
  const refused = async (token: string, times: readonly number[], terminal = 'kiosk-1') => {
    made += 1;
    const events = lane(terminal, 0, `epoch-${made}`);
    for (const at of times)
      events.add('pin.refused', { memberToken: token, at: epochMs(START + at) }, epochMs(START + at));
    const batch = events.batch();
    await commitGroup(stage.hub.db, stage.rules, [batch]);
    return { again: () => commitGroup(stage.hub.db, stage.rules, [batch]) };
  };
  const rowOf = async (memberId: MemberId) =>
    (await stage.hub.db.stores.members.find({ memberId })) ?? expect.fail('the member is there');

  it('MED-5, SYN-1: they count with those of all terminals, each once; the fifth locks and is told to staff', async () => {
    const { memberId, token } = await member();
    const { again } = await refused(token, [HOUR, HOUR + 1000]);
    await again();
    expect(await rowOf(memberId)).toMatchObject({ pinTries: 2, pinLockedAt: null });
    await refused(token, [2 * HOUR, 2 * HOUR + 1000], 'return-1');
    expect(await rowOf(memberId)).toMatchObject({ pinTries: 4, pinLockedAt: null });
    expect(await alertsOn(memberId)).toEqual([]);
    await refused(token, [3 * HOUR]);
    expect((await rowOf(memberId)).pinLockedAt).not.toBeNull();
    expect(await alertsOn(memberId)).toMatchObject([{ code: 'security_pin_locked', terminalId: 'kiosk-1' }]);
  });

  it('MED-5: mistyped before staff gave a new PIN, and of somebody who was deleted or never was, it counts nothing', async () => {
    const { memberId, token } = await member();
    const { members } = stage.hub.db.stores;
    await members.patch({ memberId }, { pinChangedAt: epochMs(START + 2 * HOUR) });
    await refused(token, [HOUR, HOUR, HOUR, HOUR, HOUR]);
    expect(await rowOf(memberId)).toMatchObject({ pinTries: 0, pinLockedAt: null });
    await refused(token, [3 * HOUR]);
    expect(await rowOf(memberId)).toMatchObject({ pinTries: 1 });
    await members.patch({ memberId }, { state: 'deleted' });
    await refused(token, [4 * HOUR]);
    expect(await rowOf(memberId)).toMatchObject({ pinTries: 1 });
    await refused('mt_nobody-nobody-nobody-1', [HOUR]);
    expect(await stage.hub.db.stores.deadLetters.list({ epoch: `epoch-${made}` }, { limit: 5 })).toEqual([]);
  });
});
