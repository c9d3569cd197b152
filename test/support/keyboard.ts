import type { Page } from 'playwright-core';

/** A person without a finger on the screen and without a mouse: Tab, Enter, Space, arrows, letters. */
export interface KeyboardOnly {
  /** Goes on with Tab until the control stands under the focus; an error that names it when it is never reached. */
  to(testid: string): Promise<void>;
  /** Goes there and presses Enter. */
  press(testid: string): Promise<void>;
  /** Goes there and types. */
  write(testid: string, text: string): Promise<void>;
  keys(...keys: readonly string[]): Promise<void>;
}

const STEPS = 250;

export function keyboardOnly(page: Page): KeyboardOnly {
  const focused = (): Promise<string | null> =>
    page.evaluate(
      () => document.activeElement?.closest('[data-testid]')?.getAttribute('data-testid') ?? null,
    );
  const to = async (testid: string): Promise<void> => {
    await page.getByTestId(testid).first().waitFor();
    for (let step = 0; step < STEPS; step += 1) {
      if ((await focused()) === testid) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`${testid} is not reached with Tab; the focus stands at ${await focused()}`);
  };
  return {
    to,
    press: async (testid) => {
      await to(testid);
      await page.keyboard.press('Enter');
    },
    write: async (testid, text) => {
      await to(testid);
      await page.keyboard.type(text);
    },
    keys: async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    },
  };
}

/**
 * Goes once around the page with Tab and answers what is wrong: controls that are never reached, and ones that do not show that they are. Of radio
 * buttons one in a group is enough: the arrows lead to the others.
 */
export async function keyboardFaults(page: Page): Promise<readonly string[]> {
  const count = await page.evaluate(() => {
    const reached = new Set<Element>();
    const dim = new Set<Element>();
    const scope = document.querySelector('dialog[open], [role="dialog"]') ?? document;
    const controls = [
      ...scope.querySelectorAll<HTMLElement>(
        'button, a[href], input, select, textarea, summary, [role="button"], [role="switch"], [tabindex="0"]',
      ),
    ].filter(
      (one) =>
        one.tabIndex >= 0 &&
        !one.matches(':disabled, [inert] *') &&
        one.checkVisibility({ visibilityProperty: true }),
    );
    document.addEventListener('focusin', (event) => {
      const one = event.target as HTMLElement;
      reached.add(one);
      const { outlineStyle, boxShadow, opacity } = getComputedStyle(one);
      const own = outlineStyle !== 'none' || boxShadow !== 'none';
      // A hidden radio button or box shows its focus on what stands for it.
      if (
        !own &&
        opacity !== '0' &&
        !one.matches('input[type="radio"], input[type="checkbox"], input[type="file"]')
      )
        dim.add(one);
    });
    Object.assign(globalThis, { keyturnWalk: { reached, dim, controls } });
    (document.activeElement as HTMLElement | null)?.blur();
    // A date has a stop for day, month, year and its calendar.
    const dates = controls.filter((one) =>
      one.matches('input[type="date"], input[type="time"], input[type="month"]'),
    );
    return controls.length + 4 * dates.length;
  });
  for (let step = 0; step < count + 4; step += 1) await page.keyboard.press('Tab');
  return page.evaluate(() => {
    const { reached, dim, controls } = (
      globalThis as unknown as {
        keyturnWalk: { reached: Set<Element>; dim: Set<Element>; controls: readonly HTMLElement[] };
      }
    ).keyturnWalk;
    const name = (one: Element) =>
      `${one.tagName.toLowerCase()} “${(one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 30)}”`;
    const groups = new Set(
      [...reached].map((one) => (one instanceof HTMLInputElement && one.type === 'radio' ? one.name : '')),
    );
    const missed = controls.filter(
      (one) =>
        !reached.has(one) &&
        !(one instanceof HTMLInputElement && one.type === 'radio' && groups.has(one.name)),
    );
    return [
      ...missed.map((one) => `${name(one)} is not reached with Tab`),
      ...[...dim].map((one) => `${name(one)} does not show that it is reached`),
    ];
  });
}
