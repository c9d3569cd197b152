import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { titleIdOf } from '#firmware-sim/demo/seed/shops.ts';
import { judgeCopy, sha256OfFile, type Verdict } from '#firmware-sim/story/age-judge.ts';
import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import { type RentalDetail, rentalDetail, rentalPage } from '#hub/http/contract/members.ts';
import { makeTable, oracleCharge } from '#shared/domain/testing/charge-oracle.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import {
  axe,
  launchBrowser,
  type OpenedPage,
  openPage,
  screenshot,
  VIEWPORTS,
} from '#test/support/browser.ts';
import { type LiveFleet, startLiveFleet, watchedMedium } from '#test/support/live-fleet.ts';

/** A film of the demo's catalogue: a real video that a real browser plays. */
const FILM = 'the-keepers-letter';
const FILM_FILE = join(projectRoot(), 'firmware-sim/demo/catalogue/editions', `${FILM}.webm`);
/** Comes out a year after the first start: can be reserved. */
const NEXT = 'the-long-snow';
const STICK = 'story-stick';
const DAY = 86_400_000;

let fleet: LiveFleet;
let browser: Browser;
beforeAll(async () => {
  fleet = await startLiveFleet({ uis: ['kiosk', 'return-terminal', 'player', 'hub'], shop: 'demo' });
  await fleet.news();
  await fleet.bring(titleIdOf(FILM));
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await fleet?.stop();
});

/** Waits for a screen, looks for broken rules of accessibility, takes its picture. */
async function see(page: Page, testid: string, picture: string): Promise<void> {
  await page.getByTestId(testid).first().waitFor();
  expect(await axe(page), picture).toEqual([]);
  await screenshot(page, `story-${picture}`);
}

const press = (page: Page, testid: string): Promise<void> => page.getByTestId(testid).first().click();

async function typeDigits(page: Page, digits: string): Promise<void> {
  for (const digit of digits) await press(page, `key-${digit}`);
}

const judge = async (): Promise<Verdict> => {
  const copies = join(fleet.own.mediumFolder(STICK), 'KEYTURN', 'copies');
  const [copy] = await readdir(copies);
  if (copy === undefined) throw new Error('no copy on the medium');
  return judgeCopy(join(copies, copy), null);
};

async function rentAtKiosk(page: Page): Promise<void> {
  await see(page, 'screen-attract', '01-kiosk-attract');
  await press(page, 'start');
  await see(page, 'shelf-popular', '02-kiosk-browse');
  await page
    .getByTestId(`title-${titleIdOf(FILM)}`)
    .first()
    .click();
  await see(page, 'screen-title', '03-kiosk-title');
  await press(page, 'add-to-cart');
  await see(page, 'screen-cart', '04-kiosk-cart');
  await press(page, 'checkout');
  await see(page, 'screen-insert', '05-kiosk-insert');
  await fleet.insert(STICK, 'kiosk');
  await see(page, 'choose-register', '06-kiosk-identify');
  await press(page, 'choose-register');
  for (const letter of 'mika') await page.getByRole('button', { name: letter, exact: true }).click();
  await see(page, 'name', '07-kiosk-name');
  await press(page, 'next');
  await typeDigits(page, '1990');
  await see(page, 'year', '08-kiosk-year');
  await press(page, 'next');
  await typeDigits(page, '4711');
  await see(page, 'pin', '09-kiosk-new-pin');
  await press(page, 'go');
  await page.getByTestId('new-number').waitFor();
  await press(page, 'top-up-1000');
  await expect.poll(() => page.getByTestId('prepaid').textContent()).toContain('10.00');
  await see(page, 'screen-confirm', '10-kiosk-confirm');
  // Slow enough that the writing screen can be looked at.
  fleet.own.stations.kiosk.drive.setFault({ bytesPerSecond: 600_000 });
  await press(page, 'confirm');
  await see(page, 'progress', '11-kiosk-writing');
  await see(page, 'receipt', '12-kiosk-done');
  expect(await page.getByTestId('outcome').textContent()).toBe('Enjoy it');
  await press(page, 'done-finish');
  fleet.own.pull('kiosk');
  await page.getByTestId('screen-attract').waitFor();
}

async function playAtHome(page: Page): Promise<void> {
  await see(page, 'headline', '20-player-empty');
  await fleet.own.insert(STICK, 'player');
  await see(page, 'copy', '21-player-shelf');
  await press(page, 'open');
  const video = page.getByTestId('video');
  await video.waitFor();
  const at = (): Promise<number> => video.evaluate((element: HTMLVideoElement) => element.currentTime);
  await expect.poll(at, { timeout: 20_000 }).toBeGreaterThan(0.5);
  const facts = await video.evaluate((element: HTMLVideoElement) => ({
    duration: element.duration,
    width: element.videoWidth,
  }));
  expect(facts.duration).toBeGreaterThan(30);
  expect(facts.width).toBeGreaterThan(100);
  await see(page, 'stage', '22-player-playing');
  await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = 25;
  });
  await expect.poll(at, { timeout: 20_000 }).toBeGreaterThan(25.3);
  await press(page, 'back');
  await page.getByTestId('headline').waitFor();
  fleet.own.pull('player');
}

async function returnAndRate(page: Page): Promise<void> {
  await see(page, 'screen-welcome', '30-return-welcome');
  // The key's destruction waits until rating and reservation were given: both happen while it runs (RET-5).
  let wished = (): void => {};
  const wishes = new Promise<void>((resolve) => {
    wished = resolve;
  });
  const medium = watchedMedium(STICK, fleet.own.mediumFolder(STICK), async (path, moment) => {
    if (path.endsWith('slot.age') && moment === 'before') await wishes;
  });
  await fleet.insert(medium, 'return-terminal');
  await see(page, 'screen-choose', '31-return-choose');
  await press(page, 'confirm');
  await see(page, 'screen-returning', '32-return-destroying');
  await page
    .getByTestId(`rate-${titleIdOf(FILM)}`)
    .getByRole('radio')
    .nth(4)
    .click();
  await press(page, `reserve-${titleIdOf(NEXT)}`);
  await see(page, 'screen-returning', '33-return-wishes');
  wished();
  await see(page, 'screen-receipt', '34-return-receipt');
  await page.getByTestId('advised').waitFor();
  expect(await page.getByTestId('claim').textContent()).toContain('CLEAR-SLOT');
  expect(await page.getByTestId('earned').textContent()).toMatch(/[1-9]/);
  await press(page, 'done');
  await see(page, 'screen-take', '35-return-take');
  fleet.own.pull('return-terminal');
  await page.getByTestId('screen-welcome').waitFor();
}

async function comeBack(page: Page): Promise<void> {
  // Without the hub: the shelf comes from the medium alone (RET-6).
  fleet.cables.kiosk.setCut(true);
  await fleet.own.insert(STICK, 'kiosk');
  await see(page, 'shelf-for_you', '40-kiosk-for-you');
  expect(await page.getByTestId('shelf-for_you').textContent()).toMatch(/Because you|Much rented|New in/);
  await press(page, 'finish');
  fleet.own.pull('kiosk');
  fleet.cables.kiosk.setCut(false);
}

async function lookIntoTheBooks(page: Page, charge: string): Promise<void> {
  await see(page, 'sign-in', '50-console-sign-in');
  await page.getByTestId('sign-in-name').fill(STAFF.name);
  await page.getByTestId('sign-in-password').fill(STAFF.password);
  await press(page, 'sign-in');
  await see(page, 'figure-terminals', '51-console-overview');
  await press(page, 'nav-rentals');
  await see(page, 'rentals', '52-console-rentals');
  await page.getByTestId('rentals').getByRole('link', { name: 'The Keeper’s Letter' }).first().click();
  await see(page, 'charge-lines', '53-console-rental');
  await page.getByTestId('rental-closed').first().waitFor();
  expect(await page.getByTestId('charge').textContent()).toContain(charge);
  await page.getByTestId('receipt').first().waitFor();
  await page.getByTestId('entries').first().waitFor();
}

/** What the tariff says for this rental, by the tests' own implementation (CHG-6). */
async function expectedCharge(rental: RentalDetail): Promise<number> {
  const { startedAt, titleId } = rental;
  const t0 = rental.returns[0]?.t0;
  if (startedAt === null || t0 == null) throw new Error('the rental was not returned');
  const bundle = fleet.own.kiosk.runtime.bundle();
  const tariff = bundle?.titles.find((one) => one.titleId === titleId)?.tariff;
  if (bundle === null || tariff === undefined) throw new Error('the kiosk knows the tariff');
  const from = Math.floor(startedAt / DAY) * (DAY / 1000) - 30 * 86_400;
  const site = bundle.site.calendar;
  const table = makeTable(site.zone, from, from + 90 * 86_400);
  const input = {
    terms: { tariff, site },
    start: startedAt,
    stop: t0,
    lost: false,
    discounts: [],
    coupons: [],
  };
  return oracleCharge(table, input).total;
}

describe('the whole story in the browser', () => {
  it('SCR-1, SCR-2, SCR-3, SCR-4: register, rent, play, return, rate, reserve, come back, look into the books', async () => {
    const opened: OpenedPage[] = [];
    const open = async (url: string, viewport: (typeof VIEWPORTS)[keyof typeof VIEWPORTS]) => {
      const one = await openPage(browser, url, viewport);
      opened.push(one);
      return one.page;
    };
    const kiosk = await open(fleet.own.kiosk.address(), VIEWPORTS.kiosk);
    await rentAtKiosk(kiosk);
    const player = await open(fleet.own.playerUrl, VIEWPORTS.desk);
    await playAtHome(player);
    expect(await judge()).toMatchObject({ opens: true, sha256: await sha256OfFile(FILM_FILE) });

    await fleet.pass(4 * DAY);
    await fleet.online();
    await returnAndRate(await open(fleet.own.returnTerminal.address(), VIEWPORTS.kiosk));
    expect(await judge()).toMatchObject({ opens: false, bytes: 0 });
    await fleet.own.insert(STICK, 'player');
    await player.locator('[data-refusal="copy_returned"]').waitFor();
    await see(player, 'copy', '36-player-returned');
    await comeBack(kiosk);

    await fleet.settled();
    const { items } = await fleet.staff.get(`/rentals?titleId=${titleIdOf(FILM)}&status=closed`, rentalPage);
    const rental = await fleet.staff.get(`/rentals/${items[0]?.rentalId}`, rentalDetail);
    expect(rental.charge.minor).toBe(await expectedCharge(rental));
    expect(rental.charge.minor).toBeGreaterThan(300);
    expect(rental.stars).toBe(5);
    expect(await fleet.balanced()).toBe(true);
    const charge = (rental.charge.minor / 100).toFixed(2);
    await lookIntoTheBooks(await open(fleet.own.hubUrl, VIEWPORTS.desk), charge);
    // Before signing in the console asks who is there, and the answer is 401.
    const asked = /\/api\/v1\/session$|status of 401/;
    for (const { page, faults } of opened)
      expect(
        faults.filter((fault) => !(page.url().startsWith(fleet.own.hubUrl) && asked.test(fault))),
        page.url(),
      ).toEqual([]);
    for (const one of opened) await one.close();
  });
});
