import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CopyId, TitleId } from '#shared/kernel/ids.ts';
import { verifyPurgeStatement } from '#shared/media/controller/purge.ts';
import { slotFile } from '#shared/media/layout.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { receiptSchema } from '#shared/media/receipt.ts';
import { type LiveFleet, startLiveFleet } from '#test/support/live-fleet.ts';

let fleet: LiveFleet;
let precious: TitleId;
beforeAll(async () => {
  fleet = await startLiveFleet();
  precious = await fleet.title('Only on secure media', { secure: true });
}, 240_000);
afterAll(() => fleet?.stop(), 60_000);
afterEach(() => fleet.tidy(), 60_000);

const payload = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));

/** The player's own page asks for a copy and reads it whole. */
async function play(
  copyId: string,
): Promise<{ readonly status: number; readonly bytes: number; readonly code: string | null }> {
  const opened = await fetch(`${fleet.own.playerUrl}/api/copies/${copyId}/open`, { method: 'POST' });
  const answer = (await opened.json()) as { address?: string; code?: string };
  if (answer.address === undefined) return { status: opened.status, bytes: 0, code: answer.code ?? null };
  const content = await fetch(`${fleet.own.playerUrl}${answer.address}`);
  return { status: content.status, bytes: (await content.arrayBuffer()).byteLength, code: null };
}

describe('a title that demands a secure medium, through the whole fleet', () => {
  it('RET-4: on a plain medium the kiosk says so before anybody pays', async () => {
    const member = await fleet.member(1000);
    const confirm = await fleet.toConfirm(fleet.stick(), member, [precious]);
    expect(confirm).toMatchObject({ screen: 'confirm', obstacle: { code: 'secure_medium_required' } });
    expect(await fleet.rentals(member)).toEqual([]);
    expect((await fleet.about(member)).prepaid.minor).toBe(1000);
  });

  it('SEC-5 RET-4: rented onto a secure medium, played, returned: the hub holds the controller’s own statement, and the key is nowhere', async () => {
    const stick = fleet.stick();
    const chip = await fleet.own.makeSecure(stick);
    const member = await fleet.member(1000);
    const done = await fleet.rent(stick, member, [precious]);
    expect(done.lines).toMatchObject([{ state: 'written' }]);
    const rental = await fleet.onlyRental(member);
    expect(rental).toMatchObject({ status: 'active', mediumId: chip.mediumId });
    const [slot] = await chip.inside();
    const copyId = slot?.copyId as CopyId;
    expect(existsSync(join(fleet.own.mediumFolder(stick), slotFile(copyId)))).toBe(false);

    await fleet.own.insert(stick, 'player');
    expect(await play(copyId)).toEqual({ status: 200, bytes: 200_000, code: null });

    const lines = await fleet.returnAll(stick);
    expect(lines).toMatchObject([{ receipt: { claim: 'PURGE' } }]);
    const closed = await fleet.onlyRental(member);
    expect(closed).toMatchObject({ status: 'closed', receipts: [{ claim: 'PURGE' }] });
    const receipt = receiptSchema.parse(payload(closed.receipts[0]?.jws ?? ''));
    const { trust } = fleet.own.kiosk.runtime.identity;
    const licence = licenceSchema.parse(
      payload(
        await readFile(join(fleet.own.mediumFolder(stick), 'KEYTURN/copies', copyId, 'licence.jws'), 'utf8'),
      ),
    );
    expect(await verifyPurgeStatement(receipt, licence.keyturn.slotCheck, trust)).toMatchObject({ ok: true });
    expect(await chip.inside()).toMatchObject([{ copyId, state: 'destroyed' }]);
    await fleet.own.insert(stick, 'player');
    expect(await play(copyId)).toMatchObject({ status: 409, code: 'copy_returned' });
  });
});
