import { createHash } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import { makeSecureMedium } from '#hub/app/enrolment/secure-media.ts';
import { titleView } from '#hub/http/contract/catalogue.ts';
import { rentalPage } from '#hub/http/contract/members.ts';
import type { MediumId } from '#shared/kernel/ids.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { newId } from '#shared/ports/random.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import {
  axe,
  launchBrowser,
  type OpenedPage,
  openPage,
  screenshot,
  VIEWPORTS,
} from '#test/support/browser.ts';
import { speakInConsole } from '#test/support/console.ts';
import { type LiveFleet, startLiveFleet } from '#test/support/live-fleet.ts';
import { scriptBytes } from '#test/support/page-weight.ts';

/** The console in a browser, against a running fleet with the demo's shops, titles, members and past. */
let fleet: LiveFleet;
let browser: Browser;
let opened: OpenedPage;

beforeAll(async () => {
  [fleet, browser] = await Promise.all([startLiveFleet({ shop: 'demo', uis: ['hub'] }), launchBrowser()]);
  opened = await openPage(browser, `${fleet.own.hubUrl}/`, VIEWPORTS.desk);
  opened.page.setDefaultTimeout(15_000);
  await signIn(opened);
});
afterAll(async () => {
  await browser?.close();
  await fleet?.stop();
});

async function signIn({ page }: OpenedPage, password = STAFF.password): Promise<void> {
  await page.getByTestId('sign-in-name').fill(STAFF.name);
  await page.getByTestId('sign-in-password').fill(password);
  await page.getByTestId('sign-in').click();
}

/** Opens a page of the console by its address. */
async function at(place: string): Promise<OpenedPage['page']> {
  const { page } = opened;
  await page.goto(`${fleet.own.hubUrl}/#/${place}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  return page;
}

async function someTitle(): Promise<{ readonly titleId: string; readonly name: string }> {
  const { items } = await fleet.staff.get(
    '/titles',
    (await import('#hub/http/contract/catalogue.ts')).titleList,
  );
  const title = items.find(({ poster }) => poster !== null);
  if (title === undefined) throw new Error('the demo has titles with posters');
  return { titleId: title.titleId, name: title.name.en };
}
const someRental = async () => {
  const { items } = await fleet.staff.get('/rentals', rentalPage);
  const rental = items.find(({ status }) => status === 'closed');
  if (rental === undefined) throw new Error('the demo has a past');
  return rental;
};

describe('the console', () => {
  it('SCR-4: the first load needs less than 300 kB of script, compressed', () => {
    expect(scriptBytes('hub')).toBeLessThan(300_000);
  });

  it('SEC-7: a wrong password is refused in words, a right one opens the overview', async () => {
    const other = await openPage(browser, `${fleet.own.hubUrl}/`, VIEWPORTS.desk);
    await signIn(other, 'not the password');
    await other.page.getByTestId('trouble-staff_unknown').waitFor();
    expect(await axe(other.page)).toEqual([]);
    await screenshot(other.page, 'console-sign-in');
    await signIn(other);
    await other.page.getByTestId('figure-terminals').waitFor();
    await other.close();
  });

  it('FLT-1: the overview and the fleet show the terminals that are really up', async () => {
    const page = await at('');
    await page.getByTestId('figure-terminals').getByText('2 of 2').waitFor();
    await at('fleet');
    await page.getByTestId('state-story-kiosk').getByText('Up').waitFor();
    await page.getByTestId('search').fill('return');
    await page.getByTestId('state-story-kiosk').waitFor({ state: 'detached' });
    expect(page.url()).toContain('q=return');
  });

  it('FLT-2: an order goes to the terminal, and its true state and output come back by themselves', async () => {
    const page = await at('fleet/story-kiosk');
    await page.getByTestId('order-logs').click();
    await page.getByTestId('order-ask-go').click();
    const command = page.getByTestId('command').first();
    await command.getByTestId('command-done').waitFor({ timeout: 60_000 });
    await command.getByText('What it answered').click();
    expect((await command.locator('pre').innerText()).length).toBeGreaterThan(0);
  });

  it('FLT-2: the desired configuration is changed and the terminal is seen to follow', async () => {
    const page = await at('fleet/story-kiosk');
    await page.getByTestId('config-edit').click();
    await page.getByTestId('config-heartbeat').fill('5');
    await page.getByTestId('config-ask-go').click();
    await page.getByTestId('config').getByText('version 2').first().waitFor();
    await page
      .getByTestId('config')
      .getByText('The terminal works with the desired configuration.')
      .waitFor({ timeout: 60_000 });
  });

  it('CNT-1: an edition is uploaded with its hash, and the hub keeps exactly these bytes', async () => {
    const { titleId, name } = await someTitle();
    const page = await at(`titles/${titleId}`);
    await page.getByRole('heading', { level: 1, name }).waitFor();
    const content = Buffer.concat([
      Buffer.from('1a45dfa3', 'hex'),
      Buffer.alloc(2_999_997, 'a new edition of the film, in better colours '),
    ]);
    await page
      .getByTestId('edition-file')
      .setInputFiles({ name: 'film.webm', mimeType: 'video/webm', buffer: content });
    expect(await page.getByTestId('edition-type').inputValue()).toBe('video/webm');
    await page.getByTestId('edition-upload').click();
    await page.getByTestId('done').waitFor();
    const sha256 = createHash('sha256').update(content).digest('hex');
    await page.getByTestId('edition-hash').getByText(sha256).waitFor();
    const kept = await fleet.staff.get(`/titles/${titleId}`, titleView);
    expect(kept.edition).toMatchObject({ bytes: content.length, sha256, mediaType: 'video/webm' });
  });

  it('CAT-4: a title is added at the desk and found by its name', async () => {
    const page = await at('titles');
    await page.getByTestId('add-title').click();
    await page.getByTestId('title-name-en').fill('The Quiet Ferry');
    await page.getByTestId('title-name-ja').fill('静かな渡し舟');
    await page.getByTestId('title-year').fill('2025');
    await page.getByTestId('title-minutes').fill('91.5');
    await page.getByTestId('title-tariff').selectOption({ index: 1 });
    await page.getByTestId('title-ask-go').click();
    await page.getByRole('heading', { level: 1, name: 'The Quiet Ferry' }).waitFor();
    await page.getByTestId('title-no-edition').waitFor();
    await at('titles?q=quiet%20ferry');
    await expect.poll(() => page.getByTestId('titles').locator('tbody tr').count()).toBe(1);
  });

  it('CHG-4: closed days are entered afterwards, and what they changed is shown', async () => {
    const page = await at(`sites/${fleet.siteId}`);
    const rental = await someRental();
    expect(rental.dueAt).not.toBeNull();
    const day = (back: number) =>
      new Date(fleet.own.clock.now() - back * 86_400_000).toISOString().slice(0, 10);
    await page.getByTestId('close-site').click();
    await page.getByTestId('closure-from').fill(day(3));
    await page.getByTestId('closure-to').fill(day(2));
    expect(await axe(page)).toEqual([]);
    await page.getByTestId('closure-ask-go').click();
    // Every rental that the days touch is reckoned anew before the answer.
    await page.getByTestId('closure-ask').waitFor({ state: 'detached', timeout: 60_000 });
    await page.getByTestId('closure-changes').or(page.getByTestId('closure-done')).first().waitFor();
    await page.getByTestId('closures').waitFor();
    await screenshot(page, 'console-closure');
  });

  it('LED-2: a member is found, pays in, and the balance is right; sent twice it is one payment', async () => {
    const page = await at('members?q=Ada');
    await page.getByRole('link', { name: 'Ada Morgenstern' }).click();
    await page.getByTestId('prepaid').getByText('€25.00').waitFor();
    await page.getByTestId('pay').click();
    await page.getByTestId('pay-amount').fill('12,999');
    await page.getByTestId('pay-ask-go').click();
    await page.getByText('This is no amount in this currency.').waitFor();
    await page.getByTestId('pay-amount').fill('12,90');
    await page.getByTestId('pay-ask-go').dblclick();
    await page.getByTestId('prepaid').getByText('€37.90').waitFor();
  });

  it('MBR-1: somebody is registered at the counter and gets a number', async () => {
    const page = await at('members');
    await page.getByTestId('register').click();
    await page.getByTestId('register-name').fill('Nora Feld');
    await page.getByTestId('register-year').fill('1990');
    await page.getByTestId('register-pin').fill('8642');
    await page.getByTestId('register-ask-go').click();
    await page.getByTestId('registered').waitFor();
    await page.getByTestId('register-ask-go').click();
    await page.getByRole('heading', { level: 1, name: 'Nora Feld' }).waitFor();
  });

  it('RNT-8: a rental shows its story, and a complaint above the limit asks for a second person', async () => {
    const rental = await someRental();
    const page = await at(`rentals/${rental.rentalId}`);
    await page.getByTestId('charge-lines').waitFor();
    expect(await page.getByTestId('timeline').locator('li').count()).toBeGreaterThan(0);
    await page.getByTestId('complain').click();
    await page.getByTestId('complaint-reason').fill('The film stopped half way');
    await page.getByTestId('complaint-amount').fill('9999');
    await page.getByTestId('complaint-ask-go').click();
    await page.getByRole('alert').waitFor();
    await page.getByTestId('complaint-exchange').check();
    await page.getByTestId('complaint-ask-go').click();
    await page.getByTestId('done').getByText('A free rental was given.').waitFor();
    await page.getByTestId('timeline').getByText('Exchanged for a free rental').waitFor();
  });

  it('CHG-3: a tariff shows its price curve and a wrong one is refused by name of the field', async () => {
    const page = await at('tariffs');
    await page.getByTestId('curve-chart').waitFor();
    await page.getByTestId('edit-tariff').first().click();
    await page.getByTestId('tariff-ask').getByTestId('curve-chart').waitFor();
    await page.getByTestId('tariff-tax').fill('x');
    await page.getByTestId('tariff-ask-go').click();
    await page.getByTestId('tariff-ask').getByText('taxBasisPoints').first().waitFor();
    await page.getByTestId('tariff-ask-cancel').click();
  });

  it('SEC-7: staff accounts are added and the audit chain is whole', async () => {
    const page = await at('staff');
    await page.getByTestId('staff-name').fill('mika');
    await page.getByTestId('staff-add').click();
    await page.getByTestId('staff-added').waitFor();
    await at('audit');
    await page.getByTestId('chain-whole').waitFor();
    await page.getByTestId('audit').getByText('staff.added').waitFor();
  });

  it('SEC-5: a secure medium is ordered from a kiosk, and a controller is revoked with its reason', async () => {
    const hub = fleet.own.hub.inside();
    const mediumId = newId<MediumId>(hub.clock, hub.random);
    const { csrPem } = await createDeviceKeyAndCsr(mediumId);
    await makeSecureMedium(hub, csrPem, mediumId, 'staff:admin');
    const page = await at('media');
    await page.getByTestId('make-medium').click();
    await page.getByTestId('make-kiosk').waitFor();
    await screenshot(page, 'console-make-medium');
    await page.getByTestId('make-ask-go').click();
    await page.getByTestId('media-done').getByText('Ordered from').waitFor();
    await page.getByTestId(`revoke-${mediumId}`).click();
    await page.getByTestId('revoke-controller-reason').fill('sold on a market');
    await page.getByTestId('revoke-controller-ask-go').click();
    await page.getByTestId('controllers').getByText('sold on a market').waitFor();
  });

  /** Every other page in every language and theme: every-screen.test.ts. */
  it('SCR-6, SCR-5: axe finds nothing on the page of a terminal that lives, in any language', async () => {
    const page = await at('fleet/story-kiosk');
    for (const language of LANGUAGES) {
      await speakInConsole(page, language);
      await page.locator(`html[lang="${language}"]`).waitFor();
      await screenshot(page, `console-fleet-story-kiosk-${language}`);
      expect({ language, found: await axe(page) }).toEqual({ language, found: [] });
    }
    await speakInConsole(page, 'en');
  });

  it('SCR-7: when the hub does not answer the console says so, and comes back by itself', async () => {
    const page = await at('');
    await page.getByTestId('hub-live').waitFor();
    await page.context().setOffline(true);
    await page.getByTestId('hub-lost-note').waitFor({ timeout: 30_000 });
    await page.context().setOffline(false);
    await page.getByTestId('hub-live').waitFor({ timeout: 30_000 });
  }, 90_000);
});
