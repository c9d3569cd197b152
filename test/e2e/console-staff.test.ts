import { createHash, generateKeyPairSync } from 'node:crypto';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import { readCode } from '#hub/app/members/pairing.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { totpCode } from '#hub/app/staff/totp.ts';
import { ACCOUNTS } from '#hub/domain/accounts.ts';
import type { Stores } from '#hub/ports/stores.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { MemberId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signPlayerKey } from '#shared/media/player-key.ts';
import { axe, launchBrowser, type OpenedPage, openPage, screenshot } from '#test/support/browser.ts';
import { leaveConsole, speakInConsole } from '#test/support/console.ts';
import { type LiveFleet, startLiveFleet } from '#test/support/live-fleet.ts';

const WORDS = 'seven umbrellas on a quiet tram';
/** A code of the next half minute, which a verifier also takes: the present one may be used up. */
const nextCode = (secret: string) => totpCode(secret, epochMs(systemClock.now() + 30_000));

describe('the console: accounts, second factor, second person', () => {
  let fleet: LiveFleet;
  let browser: Browser;
  let opened: OpenedPage;
  let secret = '';
  beforeAll(async () => {
    fleet = await startLiveFleet({ uis: ['hub'] });
    await addStaff(fleet.own.hub.inside(), { name: 'berta', role: 'manager', password: WORDS });
    browser = await launchBrowser();
    opened = await openPage(browser, `${fleet.own.hubUrl}/#/account`);
    opened.page.setDefaultTimeout(15_000);
    await signIn('berta', WORDS);
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  const signIn = async (name: string, password: string): Promise<void> => {
    const { page } = opened;
    await page.getByTestId('sign-in-name').fill(name);
    await page.getByTestId('sign-in-password').fill(password);
    await page.getByTestId('sign-in').click();
  };
  const at = async (place: string): Promise<OpenedPage['page']> => {
    await opened.page.goto(`${fleet.own.hubUrl}/#/${place}`);
    await opened.page.getByRole('heading', { level: 1 }).waitFor();
    return opened.page;
  };

  it('SEC-7: a second factor is set up by picture or key, and gives backup codes once', async () => {
    const page = await at('account');
    await page.getByTestId('second-none').waitFor();
    await page.getByTestId('second-set-up').click();
    await page.getByTestId('second-begin').click();
    secret = (await page.getByTestId('second-secret').textContent()) ?? '';
    await page.getByRole('img').waitFor();
    await screenshot(page, 'console-second-factor');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('second-code').fill(totpCode(secret, systemClock.now()));
    await page.getByTestId('second-confirm').click();
    await page.getByTestId('backup-codes').waitFor();
    expect(await page.getByTestId('backup-codes').getByRole('listitem').count()).toBe(10);
    await page.getByTestId('backup-kept').click();
    await page.getByTestId('second-set').waitFor();
  });

  it('SEC-7: signing in asks for the code; a used one is refused in words', async () => {
    const { page } = opened;
    await leaveConsole(page);
    await signIn('berta', WORDS);
    await page.getByTestId('sign-in-code').waitFor();
    await screenshot(page, 'console-sign-in-code');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('sign-in-code').fill('000000');
    await page.getByTestId('sign-in').click();
    await page.getByTestId('trouble-second_factor_wrong').waitFor();
    await page.getByTestId('sign-in-code').fill(nextCode(secret));
    await page.getByTestId('sign-in').click();
    await page.getByTestId('who').getByText('berta').waitFor();
  });

  it('SEC-7: what one person asked for another one approves, with a badge that says so', async () => {
    const inside = fleet.own.hub.inside();
    const admin = await inside.db.stores.staff.first({ name: STAFF.name });
    await addStaff(inside, { name: 'mika', role: 'clerk', password: WORDS });
    const mika = await inside.db.stores.staff.first({ name: 'mika' });
    if (admin === null || mika === null) throw new Error('both accounts are there');
    await inside.secondPerson.request(admin, 'staff.admin', {
      subject: mika.staffId,
      payload: { staffId: mika.staffId, requestedBy: admin.staffId },
      reason: 'mika: clerk → admin',
    });
    await opened.page.reload();
    await opened.page.getByTestId('count-two').waitFor();
    const page = await at('two');
    await page.getByTestId('approve').click();
    await screenshot(page, 'console-second-person');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('decide-ask-go').click();
    await page.getByTestId('decided').waitFor();
    expect((await inside.db.stores.staff.find({ staffId: mika.staffId }))?.role).toBe('admin');
    await page.getByTestId('requests').getByText('Approved').waitFor();
  });

  it('SEC-7: the audit page checks the whole trail against its signed checkpoints', async () => {
    const page = await at('audit');
    await page.getByTestId('verify').click();
    await page.getByTestId('trail-whole').waitFor();
    await page.getByTestId('audit').getByText('second_person.approved').waitFor();
    await screenshot(page, 'console-audit-checked');
  });

  it('SEC-7: an administrator gives another role and a one-time code, with which the person signs in', async () => {
    const { page } = opened;
    await leaveConsole(page);
    await signIn(STAFF.name, STAFF.password);
    await at('staff');
    await page.getByTestId('change-mika').click();
    await page.getByTestId('person-role').selectOption('auditor');
    await page.getByTestId('person-ask-go').click();
    await page.getByTestId('staff-added').getByText('Changed').waitFor();
    await page.getByTestId('reset-mika').click();
    await page.getByTestId('person-ask-go').click();
    const told = (await page.getByTestId('staff-added').getByText('one-time code').textContent()) ?? '';
    const code = told.split(': ').at(-1) ?? '';
    await screenshot(page, 'console-staff-list');
    await leaveConsole(page);
    await page.getByTestId('redeem').click();
    await page.getByTestId('sign-in-name').fill('mika');
    await page.getByTestId('redeem-code').fill(code);
    await page.getByTestId('redeem-password').fill('nine green kettles sing at noon');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('sign-in').click();
    await page.getByTestId('password-set').waitFor();
    await signIn('mika', 'nine green kettles sing at noon');
    await page.getByTestId('who').getByText('mika').waitFor();
    await page.getByTestId('nav-audit').waitFor();
  });

  it('SEC-7: after a while what weighs much asks once more who it is', async () => {
    const { page } = opened;
    await at('account');
    const { staffSessions } = fleet.own.hub.inside().db.stores;
    await staffSessions.patchWhere({ endedAt: null }, { provedAt: epochMs(0) });
    await page.getByTestId('second-set-up').click();
    await page.getByTestId('second-begin').click();
    await page.getByTestId('proof').fill('nine green kettles sing at noon');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('proof-ask-go').click();
    await page.getByTestId('second-secret').waitFor();
  });

  it('SEC-7: an administrator sees where others are signed in, and ends it there', async () => {
    const { page } = opened;
    await opened.page.reload();
    await leaveConsole(page);
    await signIn(STAFF.name, STAFF.password);
    await page.getByTestId('who').getByText(STAFF.name).waitFor();
    const other = await openPage(browser, `${fleet.own.hubUrl}/#/account`);
    await other.page.getByTestId('sign-in-name').fill('mika');
    await other.page.getByTestId('sign-in-password').fill('nine green kettles sing at noon');
    await other.page.getByTestId('sign-in').click();
    await other.page.getByTestId('who').getByText('mika').waitFor();
    await at('staff');
    await page.getByTestId('sessions-mika').click();
    const list = page.getByTestId('sessions-of');
    await list.getByRole('button').first().waitFor();
    await screenshot(page, 'console-sessions-of-another');
    expect(await axe(page)).toEqual([]);
    await list.getByRole('button').first().press('Enter');
    await page.getByTestId('sessions-done').getByText('One session').waitFor();
    await page.getByTestId('sessions-of-empty').waitFor();
    await page.keyboard.press('Tab');
    await page.getByTestId('sessions-ask-go').press('Enter');
    // While it is under way Escape does not leave the dialog.
    await page.getByTestId('sessions-done').getByText('0 sessions').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('sessions-ask').waitFor({ state: 'detached' });
    await other.page.reload();
    await other.page.getByTestId('sign-in-name').waitFor();
    await other.close();
  });

  it('SEC-6: staff add a member’s player by the code that it shows, and remove it', async () => {
    const { page } = opened;
    const inside = fleet.own.hub.inside();
    const { memberId } = await fleet.member();
    const { code } = await shownByPlayer(inside.db.stores.playerPairings);
    await at(`members/${memberId}`);
    await page.getByTestId('add-player').press('Enter');
    await page.getByTestId('player-code').fill('XXXX-XXXX');
    await page.keyboard.press('Enter');
    await page.getByTestId('trouble-pairing_code_unknown').waitFor();
    await page.getByTestId('player-code').fill(code.toLowerCase());
    await screenshot(page, 'console-player-add');
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const players = page.getByTestId('players');
    await players.getByText('Living room').waitFor();
    await screenshot(page, 'console-member-players');
    expect(await axe(page)).toEqual([]);
    await players.getByRole('button').press('Enter');
    await page.getByTestId('player-remove-go').press('Enter');
    await page.getByTestId('players-empty').waitFor();
    expect(await inside.db.stores.playerKeys.first({ memberId: memberId as MemberId })).toMatchObject({
      addedBy: 'staff',
      revoked: true,
    });
  });

  it('LED-2, SEC-7: what a member owes is written off, a large amount after a second person agreed; in Japanese as well', async () => {
    const { page } = opened;
    const inside = fleet.own.hub.inside();
    const memberId = (await fleet.member()).memberId as MemberId;
    const at_ = inside.clock.now();
    const due = { account: ACCOUNTS.memberReceivable(memberId, 'EUR'), amount: 4000 };
    await inside.db.stores.ledger.post(
      [
        {
          ...{ transferId: `due:${memberId}`, phase: 'single', correctsId: null, reason: 'rental_charge' },
          ...{ rentalId: null, returnId: null, memberId, siteId: null, at: at_, detail: {} },
          entries: [due, { account: ACCOUNTS.goodwill('EUR'), amount: -4000 }],
        },
      ],
      at_,
    );
    await at(`members/${memberId}`);
    await page.getByTestId('write-off').press('Enter');
    await page.getByTestId('write-off-amount').fill('5');
    await page.getByTestId('write-off-cause').selectOption('disputed');
    await screenshot(page, 'console-write-off');
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('write-off-ask-go').press('Enter');
    await page.getByTestId('due').getByText('35').waitFor();
    await speakInConsole(page, 'ja');
    await page.getByTestId('write-off').press('Enter');
    await screenshot(page, 'console-write-off-ja');
    await page.getByTestId('write-off-ask-go').press('Enter');
    await page.getByText('二人目の承認を待ちます').waitFor();
    await screenshot(page, 'console-member-ja');
    await at('staff');
    await page.getByTestId(`sessions-${STAFF.name}`).click();
    await screenshot(page, 'console-sessions-ja');
    await page.keyboard.press('Escape');
    await speakInConsole(page, 'en');
    expect(await inside.db.stores.secondPerson.first({ action: 'member.write_off' })).toMatchObject({
      state: 'pending',
      subject: memberId,
    });
  });
});

/** A player at home that shows a code. */
async function shownByPlayer(pairings: Stores['playerPairings']): Promise<{ readonly code: string }> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x, d } = privateKey.export({ format: 'jwk' });
  const recipient = await identityToRecipient(await generateX25519Identity());
  const now = systemClock.now();
  const jws = await signPlayerKey(
    { version: 1, playerId: 'player-of-the-test', recipient, name: 'Living room', createdAt: now },
    { kty: 'OKP', crv: 'Ed25519', x: x ?? '', d: d ?? '' },
  );
  const code = 'ABCD-0123';
  const codeHash = createHash('sha256').update(readCode(code)).digest('hex');
  await pairings.insert({
    ...{ codeHash, jws, playerId: 'player-of-the-test' },
    ...{ createdAt: now, expiresAt: epochMs(now + 3_600_000) },
  });
  return { code };
}
