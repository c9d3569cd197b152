import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { type ConsoleHub, openConsoleHub } from '#test/screens/console-hub.ts';
import { NOW } from '#test/screens/demo-titles.ts';
import { launchBrowser, type OpenedPage, openPage, VIEWPORTS } from '#test/support/browser.ts';

/** What is done at the console from day to day, and taken back: on the hub of the screens, without a fleet. */
let browser: Browser;
let hub: ConsoleHub;
let opened: OpenedPage;
beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/hub'], { stdio: 'pipe' });
  [browser, hub] = await Promise.all([launchBrowser(), openConsoleHub()]);
  opened = await openPage(browser, `${hub.address}/`, VIEWPORTS.desk, { cookie: hub.cookie, standsAt: NOW });
  opened.page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await browser?.close();
  await hub?.stop();
});

async function at(place: string): Promise<Page> {
  const { page } = opened;
  await page.goto(`${hub.address}/#/${place}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  return page;
}

it('FLT-2, SCR-4: a terminal is locked at once, and undoing it orders the opposite', async () => {
  const page = await at('fleet/kiosk-window');
  const orders = page.getByTestId('command').locator('strong');
  const lock = page.getByTestId('order-lock');
  expect(await lock.innerText()).toBe('Lock');
  await hub.goOn(1000);
  await lock.click();
  await lock.getByText('Unlock').waitFor();
  await expect.poll(() => orders.first().innerText()).toBe('Lock');
  await page
    .getByTestId('toast')
    .getByText(/finishes first|comes back/)
    .waitFor();
  await hub.goOn(1000);
  await page.getByTestId('undo').click();
  await expect.poll(() => orders.first().innerText()).toBe('Unlock');
  await expect.poll(() => lock.innerText()).toBe('Lock');
  expect(await page.getByTestId('undo').count()).toBe(0);
});

it('SCR-4: the command bar finds a member by letters and a rental by its number, and opens it, by keys alone', async () => {
  const page = await at('');
  const find = async (letters: string, testid: string) => {
    await page.keyboard.press('Control+k');
    await page.getByTestId('command-field').fill(letters);
    await page.locator(`[data-testid^="${testid}"]`).first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByTestId('command-bar').waitFor({ state: 'detached' });
  };
  await find('Ada Morg', 'command-member');
  await page.getByRole('heading', { level: 1, name: 'Ada Morgenstern' }).waitFor();
  await find(hub.ids.rental, 'command-rental');
  await expect.poll(() => page.url()).toContain(`#/rentals/${hub.ids.rental}`);
});

it('SCR-4: keys go through a list and open a row; back again one stands at the same place', async () => {
  const page = await at('rentals');
  await page.getByTestId('rentals').locator('tbody a').first().waitFor();
  const row = () =>
    page.evaluate(() => Number(document.activeElement?.closest('tr')?.getAttribute('aria-rowindex') ?? 0));
  for (const key of ['j', 'j', 'k', 'j']) await page.keyboard.press(key);
  await expect.poll(row).toBe(3);
  // Far down, beyond what the first page of rows holds.
  await page.evaluate(() => scrollTo({ top: 5200 }));
  await expect
    .poll(() => page.locator('[data-testid="rentals"] tbody tr[aria-rowindex="110"] a').count())
    .toBeGreaterThan(0);
  await page.locator('[data-testid="rentals"] tbody tr[aria-rowindex="110"] a').first().focus();
  const [scroll, address] = [await page.evaluate(() => scrollY), page.url()];
  expect(scroll).toBeGreaterThan(3000);
  await page.keyboard.press('Enter');
  await page.getByTestId('charge').waitFor();
  await page.goBack();
  await expect.poll(async () => Math.abs((await page.evaluate(() => scrollY)) - scroll)).toBeLessThan(60);
  expect(page.url()).toBe(address);
  await page.locator('[data-testid="rentals"] tbody tr[aria-rowindex="110"] a').first().waitFor();
  // Opened anew, it begins at its first row.
  await page.getByTestId('nav-members').click();
  await page.getByTestId('members').waitFor();
  await page.getByTestId('nav-rentals').click();
  await page.getByTestId('rentals').locator('tbody a').first().waitFor();
  expect(await page.evaluate(() => scrollY)).toBe(0);
});

it('SCR-4: keys that are pressed faster than the page is painted go through a list as slow ones do', async () => {
  const page = await at('rentals');
  await page.getByTestId('rentals').locator('tbody a').first().waitFor();
  await page.evaluate(() => {
    const held: FrameRequestCallback[] = [];
    const real = window.requestAnimationFrame;
    window.requestAnimationFrame = (job) => held.push(job);
    const paint = (frames: number) => {
      for (const job of held.splice(0, frames)) job(performance.now());
      if (frames > 2) window.requestAnimationFrame = real;
    };
    Object.assign(window, { paint });
  });
  const paint = (frames: number) =>
    page.evaluate((count) => {
      (window as unknown as { paint(frames: number): void }).paint(count);
      return new Promise((done) => setTimeout(done, 0));
    }, frames);
  for (const key of ['j', 'j', 'k']) await page.keyboard.press(key);
  // The rows of the first two keys come to their frame now, the third key's does not yet.
  await paint(2);
  await page.keyboard.press('j');
  await paint(100);
  const row = await page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex'));
  expect(row).toBe('3');
});

it('FLT-1: what changed a moment before one went to the page of the fleet is heard there', async () => {
  const page = await at('');
  await page.getByTestId('hub-live').waitFor();
  const alerts = page.getByTestId('count-alerts');
  const before = Number(await alerts.innerText());
  const about = { code: 'drive_fault', subject: 'slot', severity: 'warning', message: 'made up' } as const;
  await hub.stores.alerts.raise(
    '019b0000-0000-7000-8000-000000000200',
    { ...about, terminalId: null, rentalId: null },
    epochMs(NOW),
  );
  await page.getByTestId('nav-fleet').click();
  // The hub asks for its pulse once a beat.
  await hub.goOn(1000);
  await expect.poll(async () => Number(await alerts.innerText())).toBe(before + 1);
  await hub.stores.alerts.clear(about, 'the test', epochMs(NOW));
});

it('SYN-3, SCR-4: dead letters are chosen together, tried again, and put away with one reason', async () => {
  const { stores } = hub;
  const [model] = await stores.deadLetters.list({ state: 'dead' }, { limit: 1 });
  if (model === undefined) throw new Error('the screens have a dead letter');
  for (const n of [1, 2])
    await stores.deadLetters.insert({
      ...model,
      deadLetterId: `019b0000-0000-7000-8000-00000000000${n}`,
      sequence: model.sequence + n,
      eventId: `019b0000-0000-7000-8000-00000000010${n}` as EventId,
    });
  const page = await at('letters');
  await expect.poll(() => page.getByTestId('choose').count()).toBe(3);
  const asked: string[] = [];
  page.on('request', (request) => {
    const what = /dead-letters\/[^/]+\/(\w+)$/.exec(request.url())?.[1];
    if (what !== undefined) asked.push(what);
  });
  await page.getByTestId('letters-all').check();
  await page.getByTestId('retry-chosen').click();
  // Each is asked for, and what the hub cannot apply stays.
  await expect.poll(() => asked).toEqual(['retry', 'retry', 'retry']);
  await page.getByTestId('done').waitFor();
  await expect.poll(() => page.getByTestId('choose').count()).toBe(3);
  await page.getByTestId('choose').nth(0).check();
  await page.getByTestId('choose').nth(1).check();
  await page.getByTestId('dismiss-chosen').click();
  await page.getByTestId('dismiss-reason').fill('The medium was handed in.');
  await page.getByTestId('dismiss-ask-go').click();
  await expect.poll(() => page.getByTestId('choose').count()).toBe(1);
  expect(await stores.deadLetters.count({ state: 'dismissed' })).toBe(2);
});

it('SCR-4, OPS-4: the file of a report says what the page says', async () => {
  const page = await at('reports?by=week&from=2026-03-09&to=2026-06-05');
  await page.getByTestId('report').waitFor();
  const rows = await page.getByTestId('report').locator('tbody tr').count();
  const coming = page.waitForEvent('download');
  await page.getByTestId('file-figures').click();
  const download = await coming;
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split(/\r?\n/);
  const [head = '', ...body] = lines;
  expect(head.split(/[,;]/).length).toBeGreaterThan(2);
  expect(body.length).toBeGreaterThanOrEqual(rows);
  expect(body.every((line) => line.split(/[,;]/).length === head.split(/[,;]/).length)).toBe(true);
});

it('SCR-4: a closure is entered and undone at once; a plan is moved by keys, saved and undone', async () => {
  const page = await at(`sites/${hub.ids.site}`);
  const closures = async () =>
    (await hub.stores.sites.list({}, { limit: 10 })).flatMap(({ calendar }) => calendar.closures ?? []);
  const before = await closures();
  await page.getByTestId('close-site').click();
  await page.getByTestId('closure-from').fill('2026-07-01');
  await page.getByTestId('closure-to').fill('2026-07-02');
  await page.getByTestId('closure-ask-go').click();
  await page.getByTestId('undo').waitFor();
  expect(await closures()).toContainEqual(expect.objectContaining({ from: '2026-07-01', to: '2026-07-02' }));
  await page.getByTestId('undo').click();
  await expect.poll(closures).toEqual(before);

  const plans = async () => (await hub.stores.sites.list({}, { limit: 10 })).map(({ plan }) => plan);
  const drawn = await plans();
  const thing = page.locator('[data-testid^="on-plan-"]').first();
  await thing.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByTestId('save-plan').click();
  await page.getByTestId('undo').waitFor();
  expect(await plans()).not.toEqual(drawn);
  await page.getByTestId('undo').click();
  await expect.poll(plans).toEqual(drawn);
});

it('SCR-4: a closure is undone also where news of it came before its answer', async () => {
  const { stores } = hub;
  const page = await at(`sites/${hub.ids.site}`);
  await page.getByTestId('hub-live').waitFor();
  const closures = async () =>
    (await stores.sites.list({}, { limit: 10 })).flatMap(({ calendar }) => calendar.closures ?? []);
  const before = await closures();
  const shown = () => page.getByTestId('withdraw-closure').count();
  const shownBefore = await shown();
  let answer = (): void => {};
  const reckoned = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/closures', async (route) => {
    const response = await route.fetch();
    await reckoned;
    await route.fulfill({ response });
  });
  await page.getByTestId('close-site').click();
  await page.getByTestId('closure-from').fill('2026-07-06');
  await page.getByTestId('closure-ask-go').click();
  await expect.poll(closures).not.toEqual(before);
  // A terminal speaks while every rental is reckoned anew: the page reads the shop again.
  const [terminal] = await stores.terminals.list({}, { limit: 1 });
  if (terminal === undefined) throw new Error('the screens have terminals');
  const { terminalId, heartbeatAt } = terminal;
  await stores.terminals.patch({ terminalId }, { heartbeatAt: epochMs(NOW + 3_600_000) });
  await expect
    .poll(async () => {
      await hub.goOn(1000);
      return shown();
    })
    .toBe(shownBefore + 1);
  answer();
  await page.getByTestId('undo').click();
  await expect.poll(closures).toEqual(before);
  await page.unroute('**/closures');
  await stores.terminals.patch({ terminalId }, { heartbeatAt });
});

it('SCR-4: a closure is asked for once it is known which the shop has: one of those would be undone in its place', async () => {
  const page = await at('alerts');
  let answer = (): void => {};
  const known = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/api/v1/sites', async (route) => {
    await known;
    await route.continue();
  });
  await page.goto(`${hub.address}/#/sites/${hub.ids.site}`);
  await page.getByTestId('loading').waitFor();
  expect(await page.getByTestId('close-site').count()).toBe(0);
  answer();
  await page.getByTestId('close-site').waitFor();
  await page.unroute('**/api/v1/sites');
});

it('RET-4, SCR-4: a receipt is printed alone, in ink, with what was paid', async () => {
  const page = await at(`rentals/${hub.ids.rental}`);
  await page.getByTestId('price-picture').waitFor();
  const charge = await page.getByTestId('charge').innerText();
  await page.getByTestId('to-receipt').click();
  await page.getByTestId('paper').waitFor();
  expect(await page.getByTestId('paper-total').innerText()).toBe(charge);
  expect(await page.getByTestId('paper-paid').innerText()).toBe(charge);
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByTestId('paper').isVisible()).toBe(true);
  for (const away of [page.locator('nav'), page.getByTestId('find'), page.getByTestId('print')])
    expect(await away.first().isVisible()).toBe(false);
  await page.emulateMedia({ media: 'screen' });
});

it('FLT-1, SCR-4: what changes while the hub has not greeted a page yet, is on the page after the greeting', async () => {
  const page = await at('alerts');
  await page.goto('about:blank');
  let greet = (): void => {};
  const held = new Promise<void>((resolve) => {
    greet = resolve;
  });
  await page.route(/\/live\b/, async (route) => {
    await held;
    await route.continue();
  });
  await at('alerts');
  const told = page.getByText('The broker had no room and dropped messages').first();
  expect(await told.count()).toBe(0);
  await hub.stores.alerts.raise(
    'told-before-the-greeting',
    {
      ...{
        code: 'messages_dropped',
        subject: 'kiosk-window',
        severity: 'warning',
        message: 'It did not read.',
      },
      ...{ terminalId: 'kiosk-window' as TerminalId, rentalId: null },
    },
    epochMs(NOW),
  );
  // The hub asks for its pulse once a beat.
  await hub.goOn(1000);
  expect(await told.count()).toBe(0);
  greet();
  await told.waitFor();
  await page.unroute(/\/live\b/);
});
