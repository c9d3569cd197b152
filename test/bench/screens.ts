import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { STAFF } from '#firmware-sim/story/own-fleet.ts';
import { defaultHubSettings } from '#hub/config.ts';
import { createHub, type Hub } from '#hub/hub.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { silentLog } from '#shared/ports/log.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { seedPresent } from '#test/screens/console-present.ts';
import { POSTERS } from '#test/screens/demo-titles.ts';
import { launchBrowser, openPage, VIEWPORTS } from '#test/support/browser.ts';
import { aBundle, aTitle, titleIdAt } from '#test/support/kiosk/a-bundle.ts';
import { aKiosk, aSession } from '#test/support/kiosk/a-kiosk.ts';
import { scriptBytes } from '#test/support/page-weight.ts';
import { startPostgres } from '#test/support/real-parts.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { multiply } from './support/crowd.ts';
import { seedDemo } from './support/demo.ts';
import { firstContentMs, percentile, scrollWatched, tapMs, typedMs } from './support/page-probe.ts';

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
        ? { terminals: 60, rentals: 500, seconds: 2 }
        : { terminals: 10_000, rentals: 1_000_000, seconds: 8 },
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
    `kiosk, ${titles} titles: first content ${figures.firstContentMs} ms (worst ${figures.firstContentWorstMs}); tap to next screen ${figures.tapMsP50} ms, p95 ${figures.tapMsP95}; ${across.framesPerSecond} frames a second across, ${down.framesPerSecond} down, longest task ${Math.max(across.longestTaskMs, down.longestTaskMs)} ms`,
  );
  return figures;
}

interface Amounts {
  readonly terminals: number;
  readonly rentals: number;
  readonly seconds: number;
}

async function consoleFigures(browser: Browser, { terminals, rentals, seconds }: Amounts) {
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
    await crowd(hub, url, terminals, rentals);
    const address = hub.addresses().http;
    const { page, close } = await openPage(browser, `${address}/`, VIEWPORTS.desk);
    await page.getByTestId('sign-in-name').fill(STAFF.name);
    await page.getByTestId('sign-in-password').fill(STAFF.password);
    await page.getByTestId('sign-in').click();
    await page.getByTestId('figure-terminals').waitFor();
    const fleetMs = await firstRowsMs(page, 'fleet');
    const fleet = await scrollWatched(page, 'main', ROWS, { x: 0, y: 240, turns: seconds * 20 });
    const rentalsMs = await firstRowsMs(page, 'rentals');
    const rentalList = await scrollWatched(page, 'main', ROWS, { x: 0, y: 240, turns: seconds * 20 });
    await firstRowsMs(page, 'fleet');
    await page.evaluate(() => scrollTo(0, 0));
    const reporting = report(hub, terminals, 200);
    const typed = await typedMs(page, 'search', 'k'.repeat(seconds * 5));
    const reported = await reporting();
    await close();
    const figures = {
      ...{ terminals, rentals },
      terminalsFirstRowsMs: Math.round(fleetMs),
      rentalsFirstRowsMs: Math.round(rentalsMs),
      ...{ fleet, rentalList },
      reportsASecond: reported,
      keyMsP50: percentile(typed.times, 0.5),
      keyMsP95: percentile(typed.times, 0.95),
      keysDropped: typed.dropped,
    };
    console.log(
      `console, ${terminals} terminals, ${rentals} rentals: first rows ${figures.terminalsFirstRowsMs} ms and ${figures.rentalsFirstRowsMs} ms; gaps in ${fleet.gaps} of ${fleet.frames} and ${rentalList.gaps} of ${rentalList.frames} frames; while ${reported} terminals a second report, a key takes ${figures.keyMsP50} ms, p95 ${figures.keyMsP95}, ${typed.dropped} dropped`,
    );
    return figures;
  } finally {
    await hub.stop();
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** What counts as a row wherever a list stands; bones and the room of rows that are not drawn do not. */
const ROWS = 'tr:not([aria-hidden]), [role="row"], li';

async function crowd(hub: Hub, url: string, terminals: number, rentals: number): Promise<void> {
  const inside = hub.inside();
  const members = await seedDemo(inside);
  const present = await seedPresent(inside, members);
  const began = performance.now();
  await multiply(url, 'terminals', 'terminal_id', 'kiosk-door', terminals, {
    terminal_id: `'crowd-' || lpad(n::text, 6, '0')`,
    name: `'Kiosk ' || n`,
    last_contact_at: `model.last_contact_at - (n % 600) * 1000`,
    online: 'n % 40 <> 0',
  });
  const day = 86_400_000;
  await multiply(url, 'rentals', 'rental_id', present.rental, rentals, {
    rental_id: `'0190' || lpad(to_hex(n % 65536), 4, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0')`,
    copy_id: `'0191' || lpad(to_hex(n % 65536), 4, '0') || '-0000-7000-8000-' || lpad(n::text, 12, '0')`,
    prepared_at: `model.prepared_at - (n::bigint * 7919 % 730) * ${day} - n`,
    started_at: `model.started_at - (n::bigint * 7919 % 730) * ${day} - n`,
    due_at: `model.due_at - (n::bigint * 7919 % 730) * ${day} - n`,
    closed_at: `model.closed_at - (n::bigint * 7919 % 730) * ${day} - n`,
  });
  console.log(`the crowd is there after ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

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

const AT_ONCE = 8;

/** So many terminals a second say that they are alive, until stopped; answers how many really did, a second. */
function report(hub: Hub, terminals: number, aSecond: number): () => Promise<number> {
  const { stores } = hub.inside().db;
  let over = false;
  let done = 0;
  const began = performance.now();
  const one = async (): Promise<void> => {
    while (!over) {
      const due = ((performance.now() - began) / 1000) * aSecond;
      if (done >= due) {
        await systemClock.sleep(milliseconds(5));
        continue;
      }
      const terminalId = `crowd-${String((done % terminals) + 1).padStart(6, '0')}` as TerminalId;
      const now = systemClock.now();
      done += 1;
      await stores.terminals.patch({ terminalId }, { lastContactAt: now, heartbeatAt: now });
    }
  };
  const working = Promise.all(Array.from({ length: AT_ONCE }, one));
  return async () => {
    over = true;
    await working;
    return Math.round(done / ((performance.now() - began) / 1000));
  };
}
