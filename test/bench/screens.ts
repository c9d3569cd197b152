import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import postgres from 'postgres';
import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub } from '#hub/hub.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { POSTERS } from '#test/screens/demo-titles.ts';
import { launchBrowser, openPage, VIEWPORTS } from '#test/support/browser.ts';
import { aBundle, aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { scriptBytes } from '#test/support/page-weight.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { fillLongLists, longTerminalId } from './support/long-lists.ts';
import { firstContentMs, percentile, scrollWatched, tapMs, typedMs } from './support/page-probe.ts';
import { connectReporters } from './support/reporters.ts';

/**
 * `npm run bench -- screens [--quick]`: the production pages in the distribution's Chromium. Kiosk with 1,000 titles and posters: first content of a
 * cold page, from a tap to the next screen (the session's real state machine answers), shelves scrolled by the wheel. Console on PostgreSQL with 10,000
 * terminals and 1,000,000 rentals: first rows, scrolling, and typing while 200 terminals a second report. What the pages weigh, compressed.
 */
export async function run({ quick }: { quick: boolean }): Promise<void> {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(process.execPath, [build, 'ui/kiosk', 'ui/hub'], { stdio: 'pipe', env });
  const weight = { kioskScriptBytes: scriptBytes('kiosk'), consoleScriptBytes: scriptBytes('hub') };
  console.log(
    `script, compressed: kiosk ${kilo(weight.kioskScriptBytes)}, console ${kilo(weight.consoleScriptBytes)}`,
  );
  const browser = await launchBrowser();
  try {
    const kiosk = await kioskFigures(browser, quick ? 60 : 1000, quick ? 2 : 9);
    const desk = await consoleFigures(
      browser,
      quick
        ? { terminals: 60, rentals: 500, reporting: 10, seconds: 2 }
        : { terminals: 10_000, rentals: 1_000_000, reporting: 200, seconds: 8 },
    );
    const coldMs = Math.max(kiosk.firstContentMs, 1);
    console.log(
      JSON.stringify({
        bench: 'screens',
        ratio: Math.round((1000 / coldMs) * 100) / 100,
        ...weight,
        kiosk,
        console: desk,
      }),
    );
  } finally {
    await browser.close();
  }
}

const REPORTS_A_SECOND = 200;
const kilo = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

async function kioskFigures(browser: Browser, titles: number, rounds: number) {
  const authority = await foundFleet();
  const signer = await enrol(authority, 'kiosk-1', 'kiosk');
  const posters = [...POSTERS.keys()];
  const kinds = ['film', 'series', 'music', 'pictures', 'text', 'game'] as const;
  const bundle = aBundle(
    Array.from({ length: titles }, (_, at) =>
      aTitle(at, {
        kind: kinds[at % kinds.length] ?? 'film',
        poster: posters[at % posters.length] ?? null,
        rentals30d: titles - at,
      }),
    ),
  );
  const kiosk = aKiosk({ bundle, trust: authority.trust, signer, seed: 'bench' });
  const session = await aSession(kiosk);
  const app = createScreenApp({
    screen: session,
    assets: {
      get: async (sha256) => {
        const bytes = POSTERS.get(sha256);
        return bytes === undefined ? fault('asset_unknown', 'none') : ok({ bytes, mediaType: 'image/webp' });
      },
    },
    clock: systemClock,
    log: silentLog,
    uiFolder: uiDirectory('kiosk'),
    health: () => ({}),
  });
  const listening = await listenHttp(app, 0);
  if (!listening.ok) throw new Error(listening.error.message);
  const address = `http://127.0.0.1:${listening.value.port}/`;
  const cold: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { page, close } = await openPage(browser, address, VIEWPORTS.kiosk, {
      reducedMotion: 'no-preference',
    });
    await page.getByTestId('start').first().waitFor();
    cold.push(await firstContentMs(page));
    await close();
  }
  const { page, close } = await openPage(browser, address, VIEWPORTS.kiosk, {
    reducedMotion: 'no-preference',
  });
  await page.getByTestId('start').first().waitFor();
  const taps: number[] = [await tapMs(page, 'start', 'screen-browse')];
  for (let round = 0; round < rounds * 3; round += 1) {
    taps.push(await tapMs(page, `title-${titleIdAt(round % 6)}`, 'screen-title'));
    taps.push(await tapMs(page, 'back', 'screen-browse'));
  }
  const across = await scrollWatched(page, '[data-testid="shelf-popular"]', 'section, main', {
    ...{ x: 120, y: 0 },
    turns: rounds * 20,
  });
  const down = await scrollWatched(page, 'main', 'main', { x: 0, y: 120, turns: rounds * 20 });
  await close();
  await listening.value.close();
  await session.stop();
  const figures = {
    titles,
    firstContentMs: percentile(cold, 0.5),
    firstContentWorstMs: percentile(cold, 1),
    tapMsP50: percentile(taps, 0.5),
    tapMsP95: percentile(taps, 0.95),
    across,
    down,
  };
  console.log(
    `kiosk, ${titles} titles: first content ${figures.firstContentMs} ms (worst ${figures.firstContentWorstMs}; goal 1000); tap to next screen ${figures.tapMsP50} ms, p95 ${figures.tapMsP95} (goal 100); ${across.framesPerSecond} frames a second across, ${down.framesPerSecond} down (goal 60), longest task ${Math.max(across.longestTaskMs, down.longestTaskMs)} ms (goal 50; 0: none over 50)`,
  );
  return figures;
}

interface Amounts {
  readonly terminals: number;
  readonly rentals: number;
  /** Of the terminals, these stand at the broker. */
  readonly reporting: number;
  readonly seconds: number;
}

async function consoleFigures(browser: Browser, { terminals, rentals, reporting, seconds }: Amounts) {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-bench-'));
  const cluster = await startPostgres({ shared_buffers: '512MB', max_wal_size: '4GB' });
  const { url } = await cluster.createDatabase();
  const hub = createHub({
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    settings: defaultHubSettings({
      KEYTURN_HOME: home,
      ...{ HUB_PORT: 0, MQTT_PORT: 0, HUB_TERMINAL_PORT: 0 },
      HUB_ADMIN_PASSWORD: STAFF.password,
      HUB_SECOND_FACTOR: '',
      DATABASE_URL: url,
    }),
    consoleFolder: uiDirectory('hub'),
  });
  const started = await hub.start();
  if (!started.ok) throw new Error(started.error.message);
  try {
    const began = performance.now();
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await fillLongLists(sql, {
      terminals,
      rentals,
      members: Math.min(rentals, 20_000),
      now: systemClock.now(),
    });
    await sql.end();
    console.log(`the lists are filled after ${((performance.now() - began) / 1000).toFixed(0)} s`);
    const { page, close } = await openPage(browser, `${hub.addresses().http}/`, VIEWPORTS.desk);
    await page.getByTestId('sign-in-name').fill(STAFF.name);
    await page.getByTestId('sign-in-password').fill(STAFF.password);
    await page.getByTestId('sign-in').click();
    await page.getByTestId('figure-terminals').waitFor();
    const terminalsFirst: number[] = [];
    const rentalsFirst: number[] = [];
    for (let round = 0; round < seconds; round += 1) {
      terminalsFirst.push(await firstRowsMs(page, 'fleet'));
      rentalsFirst.push(await firstRowsMs(page, 'rentals'));
    }
    const rentalList = await scrollWatched(page, 'main', ROWS, { x: 0, y: 240, turns: seconds * 20 });
    await firstRowsMs(page, 'fleet');
    const fleet = await scrollWatched(page, 'main', ROWS, { x: 0, y: 240, turns: seconds * 20 });
    await page.evaluate(() => scrollTo(0, 0));
    const names = Array.from({ length: reporting }, (_, at) => longTerminalId(at + 1));
    const reporters = await connectReporters(hub, names);
    const news = await newsOf(page);
    const stop = reporters.report(REPORTS_A_SECOND);
    const typed = await typedMs(page, 'search', 'terminal', seconds);
    const reports = await stop();
    const shown = news();
    await reporters.stop();
    await close();
    const figures = {
      ...{ terminals, rentals },
      terminalsFirstRowsMs: percentile(terminalsFirst, 0.5),
      rentalsFirstRowsMs: percentile(rentalsFirst, 0.5),
      ...{ fleet, rentalList },
      reportsSentASecond: reports.sent,
      reportsTakenASecond: reports.taken,
      rowsToldASecond: shown,
      keyMsP50: percentile(typed.times, 0.5),
      keyMsP95: percentile(typed.times, 0.95),
      keysDropped: typed.dropped,
    };
    console.log(
      `console, ${terminals} terminals, ${rentals} rentals: first rows ${figures.terminalsFirstRowsMs} ms and ${figures.rentalsFirstRowsMs} ms (goal 500); gaps in ${fleet.gaps} of ${fleet.frames} and ${rentalList.gaps} of ${rentalList.frames} frames (goal 0)`,
    );
    console.log(
      `of ${reports.sent} heartbeats a second (goal 200) the hub took ${reports.taken}, the page was told ${shown} rows a second; a key took ${figures.keyMsP50} ms, p95 ${figures.keyMsP95}, ${typed.dropped} of ${typed.times.length} dropped (goal 0)`,
    );
    return figures;
  } finally {
    await hub.stop();
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Counts the rows of terminals that the hub sends to the page from now on; answers how many a second came. */
async function newsOf(page: Page): Promise<() => number> {
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  let rows = 0;
  const began = performance.now();
  wire.on('Network.eventSourceMessageReceived', ({ eventName, data }) => {
    if (eventName === 'terminals') rows += (JSON.parse(data) as { items: unknown[] }).items.length;
  });
  return () => Math.round((1000 * rows) / (performance.now() - began));
}

/** What counts as a row wherever a list stands; bones and the room of rows that are not drawn do not. */
const ROWS = 'tr:not([aria-hidden]), [role="row"], li';

/** From the address to the first row of the list. */
async function firstRowsMs(page: Page, place: string): Promise<number> {
  await page.evaluate(() => {
    location.hash = '#/nowhere';
  });
  await page.waitForFunction(() => document.querySelector('main tbody tr, main [role="row"]') === null);
  return page.evaluate(async (place) => {
    const began = performance.now();
    location.hash = `#/${place}`;
    while (
      document.querySelector(
        'main tbody tr:not([aria-hidden]), main [role="row"] [role="gridcell"], main [role="row"] [role="cell"]',
      ) === null
    ) {
      if (performance.now() - began > 120_000) throw new Error(`no rows of ${place} in two minutes`);
      await new Promise((done) => setTimeout(done, 2));
    }
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - began;
  }, place);
}
