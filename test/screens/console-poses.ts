import type { Page } from 'playwright-core';
import type { ConsoleHub } from './console-hub.ts';
import { settled } from './pose.ts';

/** A page of the console in one state, at its address. */
export interface ConsolePose {
  readonly name: string;
  /** The component in `hub/ui/pages` that it shows. */
  readonly page: string;
  readonly main: boolean;
  readonly place: (ids: ConsoleHub['ids']) => string;
  /** Nobody is signed in. */
  readonly signedOut?: true;
}

const pose = (
  name: string,
  page: string,
  place: ConsolePose['place'] | string,
  main = false,
): ConsolePose => ({
  name,
  page,
  main,
  place: typeof place === 'string' ? () => place : place,
});

export const CONSOLE_POSES: readonly ConsolePose[] = [
  pose('overview', 'Overview', '', true),
  pose('fleet', 'Fleet', 'fleet', true),
  pose('fleet-none', 'Fleet', 'fleet?q=nothing-of-this-name'),
  pose('terminal', 'Terminal', 'fleet/kiosk-window', true),
  pose('terminal-enrolling', 'Terminal', 'fleet/kiosk-new'),
  pose('alerts', 'Alerts', 'alerts'),
  pose('letters', 'Letters', 'letters', true),
  pose('media', 'Media', 'media'),
  pose('rentals', 'Rentals', 'rentals', true),
  pose('rental', 'Rental', ({ rental }) => `rentals/${rental}`, true),
  pose('receipt', 'Receipt', ({ rental }) => `rentals/${rental}/receipt`),
  pose('rental-open', 'Rental', ({ open }) => `rentals/${open}`),
  pose('reservations', 'Reservations', 'reservations'),
  pose('members', 'Members', 'members'),
  pose('players', 'Players', 'players'),
  pose('member', 'Member', ({ member }) => `members/${member}`, true),
  pose('why', 'Why', ({ member }) => `members/${member}/why`),
  pose('titles', 'Titles', 'titles', true),
  pose('title', 'Title', ({ title }) => `titles/${title}`, true),
  pose('tariffs', 'Tariffs', 'tariffs', true),
  pose('sites', 'Sites', 'sites'),
  pose('site', 'Site', ({ site }) => `sites/${site}`, true),
  pose('ratings', 'Ratings', 'ratings'),
  pose('ledger', 'Ledger', 'ledger'),
  pose('balance', 'Balance', 'balance', true),
  pose('reports', 'Reports', 'reports?by=week&from=2026-03-09&to=2026-06-05', true),
  pose('reports-days', 'Reports', 'reports'),
  pose('keys', 'Keys', 'keys'),
  pose('two', 'SecondPerson', 'two'),
  pose('account', 'Account', 'account'),
  pose('audit', 'Audit', 'audit'),
  pose('staff', 'Staff', 'staff'),
  pose('nowhere', 'Nowhere', 'no-such-page'),
  { ...pose('sign-in', 'SignIn', '', true), signedOut: true },
];

/** Pages that no pose of their own can show, with the reason; a page in neither list fails the test. */
export const CONSOLE_NOT_POSED: Readonly<Record<string, string>> = {
  SetUp: 'shows a secret that is new each time; walked through in console-staff.test.ts',
};

/** Goes there as a hand would type the address, and waits until everything is read. */
export async function strikeConsole(page: Page, hub: ConsoleHub, pose: ConsolePose): Promise<void> {
  if (pose.signedOut === true) {
    await page.context().clearCookies();
    await page.goto(`${hub.address}/?signed-out#/`);
    await page.getByTestId('sign-in-name').waitFor();
  } else {
    // The page follows the address a moment later: until then the one before stands there, read to its end.
    await page.evaluate(async (place) => {
      const there = new Promise((done) => addEventListener('hashchange', done, { once: true }));
      const before = location.href;
      location.hash = `#/${place}`;
      if (location.href !== before) await there;
    }, pose.place(hub.ids));
    await page.locator(`main h1`).first().waitFor();
    await page.waitForFunction(() => document.querySelector('[data-testid="loading"]') === null);
  }
  // A heading that was given the focus by script would wear its ring: nobody pressed a key to get here.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await settled(page);
  if (pose.signedOut === true) await page.context().addCookies([hub.cookie]);
}
