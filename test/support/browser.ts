import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { isRoot } from './processes.ts';
import { findChromium } from './real-parts.ts';

/** Screen sizes in CSS pixels: a shop's upright touch screen, a desk, a telephone. */
export const VIEWPORTS = {
  kiosk: { width: 1080, height: 1920 },
  terminal: { width: 1280, height: 800 },
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;
export type Viewport = { readonly width: number; readonly height: number };

/**
 * Chromium hears one list only, the last, so Playwright's own (of the pinned version) is said again. Ours are the last three: each new context is a
 * window, and each window loads pages of its own for an address bar that nobody sees – 1.2 seconds of processor time a context.
 */
const WITHOUT_FEATURES = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints'],
  ...['NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'],
];

/** Starts the distribution's Chromium without a window, quiet towards the network. Close it in `afterAll`. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      ...(isRoot() ? ['--no-sandbox'] : []),
      '--disable-gpu',
      // As the desktop's Chromium does by itself: letters of both are the same to the pixel.
      '--font-render-hinting=slight',
      `--disable-features=${WITHOUT_FEATURES.join(',')}`,
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}

/** A page with the faults it met: errors in scripts, error lines of its console, answers with a status from 400 on. */
export interface OpenedPage {
  readonly page: Page;
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export interface PageOptions {
  readonly locale?: string;
  readonly zone?: string;
  readonly reducedMotion?: 'reduce' | 'no-preference';
  readonly colorScheme?: 'light' | 'dark';
  /** The page's clock stands here, epoch milliseconds; its timers go on. */
  readonly standsAt?: number;
  readonly cookie?: { readonly name: string; readonly value: string; readonly url: string };
  /** What the page finds in its stores when it begins. */
  readonly kept?: {
    readonly local?: Readonly<Record<string, string>>;
    readonly session?: Readonly<Record<string, string>>;
  };
}

/** Opens `url` in a context of its own (no cookies or storage of other pages). */
export async function openPage(
  browser: Browser,
  url: string,
  viewport: Viewport = VIEWPORTS.terminal,
  options: PageOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({
    viewport,
    locale: options.locale ?? 'en-GB',
    reducedMotion: options.reducedMotion ?? 'reduce',
    ...(options.zone === undefined ? {} : { timezoneId: options.zone }),
    ...(options.colorScheme === undefined ? {} : { colorScheme: options.colorScheme }),
  });
  if (options.cookie !== undefined) await context.addCookies([options.cookie]);
  if (options.kept !== undefined)
    await context.addInitScript((kept) => {
      for (const [name, value] of Object.entries(kept.local ?? {})) localStorage.setItem(name, value);
      for (const [name, value] of Object.entries(kept.session ?? {})) sessionStorage.setItem(name, value);
    }, options.kept);
  const page = await context.newPage();
  if (options.standsAt !== undefined) await page.clock.setFixedTime(options.standsAt);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`answer ${response.status()}: ${response.url()}`);
  });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** One broken accessibility rule on the page as it is now. */
export interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  /** CSS paths of the elements concerned. */
  readonly targets: readonly string[];
}

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Checks the page with axe-core against WCAG 2.2 A and AA (SCR-6). An empty list is what a test wants. */
export async function axe(page: Page): Promise<readonly AxeViolation[]> {
  // Evaluated by the browser's tools, not as a script element, so that a strict content policy does not stop it. Once for a document.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE_SOURCE);
  return page.evaluate(async () => {
    // A colour on its way from one to another is neither: what stands still is judged.
    const onTheWay = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(onTheWay.map(({ finished }) => finished));
    type Found = { id: string; impact?: string; help: string; nodes: { target: unknown[] }[] };
    const tool = (
      globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Found[] }> } }
    ).axe;
    const { violations } = await tool.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      resultTypes: ['violations'],
    });
    return violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact: impact ?? 'unknown',
      help,
      targets: nodes.map(({ target }) => target.join(' ')),
    }));
  });
}

/** Saves the page as `.screens/<name>.png` (not in git) and returns the path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(projectRoot(), '.screens');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: false });
  return path;
}
