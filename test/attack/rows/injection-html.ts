import type { Browser, Page } from 'playwright-core';
import type { Attack, Target } from '#test/attack/contract.ts';
import { Desk } from '#test/attack/support/injections.ts';
import { launchBrowser } from '#test/support/browser.ts';

/** Short, since names are: leaves its mark in the frame where it ran. */
const OWN = 'own1=1';
const MARKUP = [
  `<script>${OWN}</script>`,
  `"><img src=x onerror="${OWN}">`,
  `'><svg onload=${OWN}>`,
  `<iframe srcdoc="<script>${OWN}</script>">`,
  `</title></script><script>${OWN}</script>`,
  `javascript:${OWN}`,
  `{@html '<img src=x onerror=${OWN}>'}`,
];

/** Looks at pages as their user would, one after the other in one window, and notes what of the attacker's ran or was fetched. */
class Window {
  readonly found: string[] = [];
  readonly #page: Page;
  private constructor(page: Page) {
    this.#page = page;
    page.on('dialog', (dialog) => {
      this.found.push(`a dialog at ${page.url()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (/\/x$|evil\.example/.test(request.url()))
        this.found.push(`${request.url()} was fetched at ${page.url()}`);
    });
  }

  static async open(browser: Browser, { hubUrl }: Target, cookie: string): Promise<Window> {
    const context = await browser.newContext();
    const [name = '', ...value] = cookie.split('=');
    await context.addCookies([{ name, value: value.join('='), url: hubUrl }]);
    return new Window(await context.newPage());
  }

  /** Opens an address and waits until the text is seen. */
  async look(url: string, wanted: string): Promise<void> {
    await this.#page.goto(url);
    await this.#page.getByText(wanted, { exact: false }).first().waitFor({ timeout: 20_000 });
    for (const frame of this.#page.frames())
      if (await frame.evaluate(() => 'own1' in globalThis)) this.found.push(`a script ran at ${url}`);
  }
}

export const htmlInjection: Attack = {
  id: 'injection-html',
  threat: 'injection-html',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const desk = await Desk.open(target);
    const browser = await launchBrowser();
    const through: string[] = [];
    const window = await Window.open(browser, target, desk.cookie);
    try {
      const console = `${target.hubUrl}/#`;
      for (const [index, markup] of MARKUP.entries()) {
        const titleId = await desk.title(`Trap ${index} ${markup}`);
        const memberId = await desk.member(`Guest ${index} ${markup}`);
        if (titleId === null || memberId === null) {
          through.push(`the hub did not take ${markup}, so that nothing was tried with it`);
          continue;
        }
        for (const [place, wanted] of [
          [`${console}/titles/${titleId}`, `Trap ${index}`],
          [`${console}/members/${memberId}`, `Guest ${index}`],
        ] as const)
          await window.look(place, wanted);
        const asked = await desk.ask('GET', `/titles?q=${encodeURIComponent(markup)}`);
        const type = String(asked.headers['content-type']);
        if (!type.startsWith('application/json') || asked.headers['x-content-type-options'] !== 'nosniff')
          through.push(`an answer that a browser could take for a page: ${type}`);
      }
      await window.look(`${console}/titles`, 'Trap 1');
      await window.look(`${console}/members`, 'Guest 1');
      await atKiosk(window, target);
      through.push(...window.found);
    } finally {
      await browser.close();
    }
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence:
        through.length === 0
          ? `${MARKUP.length} texts shown as words in Chromium: console and kiosk; no script ran, nothing was fetched`
          : through.slice(0, 3).join(' ; '),
      trace: desk.trace(),
    };
  },
};

/** A title of hostile name that can be rented, on the kiosk's own screen. */
async function atKiosk(window: Window, { fleet }: Target): Promise<void> {
  await fleet.title(`Shelf ${MARKUP[1]}`);
  await fleet.kiosk.send({ type: 'touch' });
  await window.look(fleet.own.kiosk.address(), 'Shelf');
}
