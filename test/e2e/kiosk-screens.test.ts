import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { aTariff } from '#shared/domain/testing/builders.ts';
import { type HttpListener, listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import { money } from '#shared/kernel/money.ts';
import { fault } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { axe, launchBrowser, openPage, screenshot, VIEWPORTS } from '#test/support/browser.ts';
import { keyboardOnly } from '#test/support/keyboard.ts';
import { aBundle, aTitle, NOON, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession, type TestKiosk } from '#test/support/kiosk/a-kiosk.ts';
import { aMember } from '#test/support/kiosk/fake-hub.ts';
import { readAloud, toldByItself } from '#test/support/screen-reader.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';

const DAY = 86_400_000;
const keep = { price: 1900, afterLate: { unit: 'days', count: 6 } } as const;
const tariff = aTariff({ keep, hold: { amount: 500, expiresAfter: { unit: 'days', count: 7 } } });
const TITLES = [
  aTitle(0, { name: { en: 'The Keeper’s Letter', ja: '灯台守の手紙' }, tariff }),
  aTitle(1, { name: { en: 'Tide Tables', ja: '潮の目' }, kind: 'music', genres: ['piano'] }),
  aTitle(2, { name: { en: 'Seven Keys', ja: '七つの鍵' }, kind: 'game', genres: ['puzzle'] }),
  aTitle(3, { name: { en: 'Salt Harbour' }, kind: 'pictures', genres: ['photography'] }),
  aTitle(4, { name: { en: 'Letters by Night' }, kind: 'text', units: { total: 2, free: 0 } }),
  aTitle(5, { name: { en: 'Winter Signal' }, releaseAt: epochMs(NOON + 9 * DAY) }),
];

let browser: Browser;
let fleet: { trust: Parameters<typeof aKiosk>[0]['trust']; signer: Parameters<typeof aKiosk>[0]['signer'] };
beforeAll(async () => {
  execFileSync(process.execPath, [join(projectRoot(), 'shared/toolchain/build.mjs'), 'ui/kiosk'], {
    stdio: 'pipe',
  });
  const authority = await foundFleet();
  fleet = { trust: authority.trust, signer: await enrol(authority, 'kiosk-1', 'kiosk') };
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
});

/** The copy is written in steps of time, as long as it takes: what is behind the receipt must not pass with it. */
const writtenOut = (kiosk: TestKiosk, page: Page): Promise<void> =>
  expect
    .poll(
      async () => {
        await kiosk.clock.advance(1_000);
        return page.getByTestId('receipt').isVisible();
      },
      { timeout: 20_000 },
    )
    .toBe(true);

interface Served {
  readonly kiosk: TestKiosk;
  readonly page: Page;
  readonly faults: readonly string[];
  /** Sees a screen: waits for it, checks it with axe, takes its picture. */
  see(testid: string, name: string): Promise<void>;
  press(testid: string): Promise<void>;
  stop(): Promise<void>;
}

async function serve(name: string, viewport: (typeof VIEWPORTS)[keyof typeof VIEWPORTS]): Promise<Served> {
  const kiosk = aKiosk({ ...fleet, bundle: aBundle(TITLES), seed: name });
  const session = await aSession(kiosk);
  const app = createScreenApp({
    screen: session,
    assets: { get: async () => fault('asset_unknown', 'no pictures here') },
    clock: systemClock,
    log: silentLog,
    uiFolder: uiDirectory('kiosk'),
    health: () => ({}),
  });
  const listening = await listenHttp(app, 0);
  if (!listening.ok) throw new Error(listening.error.message);
  const listener: HttpListener = listening.value;
  const { page, faults, close } = await openPage(browser, `http://127.0.0.1:${listener.port}/`, viewport);
  return {
    kiosk,
    page,
    faults,
    see: async (testid, shot) => {
      await page.getByTestId(testid).waitFor();
      expect(await axe(page), `${name} ${shot}`).toEqual([]);
      await screenshot(page, `kiosk-${name}-${shot}`);
    },
    press: (testid) => page.getByTestId(testid).first().click(),
    stop: async () => {
      await close();
      await listener.close();
      await session.stop();
    },
  };
}

/** SCR-7: nothing of the customer on the page, in what the browser keeps, behind its back button, or in what the kiosk tells it. */
async function leftNothing(page: Page, of: readonly string[]): Promise<void> {
  const told = await page.evaluate(async () => (await fetch('./session')).text());
  const kept = await page.evaluate(async () => {
    const caught = await Promise.all(
      (await caches.keys()).map(async (name) =>
        (await (await caches.open(name)).keys()).map(({ url }) => url),
      ),
    );
    const fields = [...document.querySelectorAll('input')].map(({ value }) => value);
    return {
      caught: caught.flat(),
      rest: JSON.stringify([{ ...sessionStorage }, { ...localStorage }, fields]),
    };
  });
  for (const text of [await page.content(), told, kept.rest])
    for (const mark of of) expect(text).not.toContain(mark);
  expect(kept.caught.length).toBeGreaterThan(0);
  for (const url of kept.caught) expect(new URL(url).pathname).toMatch(/^\/(still\/|tokens|marquee)/);
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
}

async function typePin(page: Page, pin: string): Promise<void> {
  for (const digit of pin) await page.getByTestId(`key-${digit}`).click();
}

describe('the kiosk in the browser', () => {
  it.each([
    ['portrait', VIEWPORTS.kiosk],
    ['landscape', VIEWPORTS.terminal],
  ] as const)(
    'SCR-1, SCR-6: renting by touch, %s, every screen without a fault of axe',
    async (name, viewport) => {
      const { kiosk, page, faults, see, press, stop } = await serve(name, viewport);
      await see('screen-attract', '01-attract');
      const intents: (string | null)[] = [];
      page.on('request', (asked) => {
        if (asked.method() === 'POST') intents.push(asked.postData());
      });
      await press('start');
      await see('shelf-popular', '02-browse');
      // A second one would have the terminal send, and the page draw, everything twice.
      expect(intents, 'one press is one intent').toEqual(['{"type":"touch"}']);
      await press('search-open');
      await page.getByTestId('search-input').fill('kepers');
      await see('results', '03-search');
      await press(`title-${titleIdAt(0)}`);
      await see('screen-title', '04-title');
      await press('add-to-cart');
      await see('screen-cart', '05-cart');
      await press('checkout');
      await see('screen-insert', '06-insert');
      kiosk.drive.setFault({ bytesPerSecond: 50_000 });
      await kiosk.drive.insert(memoryMedium('stick'));
      await see('choose-number', '07-identify');
      await press('choose-number');
      await typePin(page, kiosk.hub.number);
      await see('number', '08-number');
      await press('next');
      await typePin(page, '0000');
      await press('go');
      await see('identify-pin_wrong', '09-wrong-pin');
      await typePin(page, kiosk.hub.pin);
      await press('go');
      await see('screen-confirm', '10-confirm');
      await press('confirm');
      await kiosk.clock.advance(1500);
      await see('screen-writing', '11-writing');
      await page.reload();
      await page.getByTestId('screen-writing').waitFor();
      await writtenOut(kiosk, page);
      await see('receipt', '12-done');
      expect(await page.getByTestId('outcome').textContent()).toBe('Enjoy it');
      await press('done-finish');
      await page.getByTestId('screen-attract').waitFor();
      expect(faults).toEqual([]);
      await stop();
    },
  );

  it('SCR-6: renting by keyboard alone; who only hears it is told what came', async () => {
    const { kiosk, page, faults, stop } = await serve('keyboard', VIEWPORTS.kiosk);
    const { press, keys } = keyboardOnly(page);
    const heading = () => page.evaluate(() => document.activeElement?.tagName);
    await press('start');
    await page.getByTestId('screen-browse').waitFor();
    await expect.poll(heading).toBe('H1');
    await press(`title-${titleIdAt(0)}`);
    await press('add-to-cart');
    await press('checkout');
    await page.getByTestId('screen-insert').waitFor();
    kiosk.drive.setFault({ bytesPerSecond: 50_000 });
    await kiosk.drive.insert(memoryMedium('stick'));
    await press('choose-number');
    await page.getByTestId('number').waitFor();
    await keys(...kiosk.hub.number);
    await press('next');
    await page.getByTestId('pin').waitFor();
    await keys('0', '0', '0', '0', 'Enter');
    await page.getByTestId('identify-pin_wrong').waitFor();
    expect(toldByItself(await readAloud(page)).map(({ role }) => role)).toContain('alert');
    await keys(...kiosk.hub.pin, 'Enter');
    await press('confirm');
    await kiosk.clock.advance(1500);
    await page.getByTestId('screen-writing').waitFor();
    const progress = (await readAloud(page)).filter(({ role }) => role === 'progressbar');
    expect(progress.map(({ name }) => name !== '')).toEqual([true]);
    await writtenOut(kiosk, page);
    await expect.poll(heading).toBe('H1');
    await press('done-finish');
    await page.getByTestId('screen-attract').waitFor();
    expect(faults).toEqual([]);
    await stop();
  });

  it('SCR-5: my things in Japanese, amount due paid at the card reader', async () => {
    const { kiosk, page, faults, see, press, stop } = await serve('japanese', VIEWPORTS.kiosk);
    kiosk.hub.member = aMember({
      language: 'ja',
      amountDue: money(350, 'EUR'),
      rentals: [
        {
          rentalId: '01890000-0009-7000-8000-000000000001' as never,
          titleId: titleIdAt(0),
          startedAt: epochMs(NOON - DAY),
          dueAt: epochMs(NOON + DAY),
          state: 'active',
          runningCharge: money(400, 'EUR'),
        },
      ],
      history: [
        { titleId: titleIdAt(1), returnedAt: epochMs(NOON - 9 * DAY), charge: money(400, 'EUR'), stars: 4 },
      ],
    });
    await press('start');
    await press('language-ja');
    await see('shelf-film', '1-browse');
    await press('open-mine');
    await typePin(page, kiosk.hub.number);
    await press('next');
    await typePin(page, kiosk.hub.pin);
    await press('go');
    await see('screen-mine', '2-mine');
    await press('pay-due');
    await see('notice-due_paid', '3-paid');
    expect(kiosk.hub.asked).toContain('topUp amount_due');
    expect(faults).toEqual([]);
    await stop();
  });

  it('SCR-7: an unattended session warns, counts down and is cleared', async () => {
    const { kiosk, page, see, press, stop } = await serve('idle', VIEWPORTS.kiosk);
    kiosk.hub.member = aMember({ greeting: 'Ottilie', amountDue: money(350, 'EUR') });
    await press('start');
    await press('search-open');
    await page.getByTestId('search-input').fill('kepers');
    await page.getByTestId('results').waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await press('open-mine');
    await typePin(page, kiosk.hub.number);
    await press('next');
    await typePin(page, kiosk.hub.pin);
    await press('go');
    await page.getByText('Ottilie').first().waitFor();
    await kiosk.clock.advance(46_000);
    await see('idle', '1-warning');
    const pressed: (string | null)[] = [];
    page.on('request', (asked) => {
      if (asked.method() === 'POST') pressed.push(asked.postData());
    });
    await press('idle-stay');
    await page.getByTestId('idle').waitFor({ state: 'detached' });
    expect(pressed, 'one press is one intent: a second one might begin the next session').toEqual([
      '{"type":"touch"}',
    ]);
    await kiosk.clock.advance(61_000);
    await page.getByTestId('screen-attract').waitFor();
    await leftNothing(page, ['Ottilie', 'kepers', kiosk.hub.number, '3.50']);
    kiosk.knobs.locked = true;
    kiosk.changed();
    await see('closed', '2-closed');
    await stop();
  });
});
