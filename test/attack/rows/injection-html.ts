import type { Browser } from 'playwright-core';
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

/** Opens a page as its user would and waits until it shows something; whether anything of the attacker's ran or was fetched. */
async function ran(
  browser: Browser,
  target: Target,
  cookie: string | null,
  url: string,
  wanted: string,
): Promise<string[]> {
  const context = await browser.newContext();
  try {
    if (cookie !== null) {
      const [name = '', ...value] = cookie.split('=');
      await context.addCookies([{ name, value: value.join('='), url: target.hubUrl }]);
    }
    const page = await context.newPage();
    const found: string[] = [];
    page.on('dialog', (dialog) => {
      found.push(`a dialog at ${url}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (/\/x$|evil\.example/.test(request.url())) found.push(`${request.url()} was fetched at ${url}`);
    });
    await page.goto(url);
    await page.getByText(wanted, { exact: false }).first().waitFor({ timeout: 20_000 });
    for (const frame of page.frames())
      if (await frame.evaluate(() => 'own1' in globalThis)) found.push(`a script ran at ${url}`);
    return found;
  } finally {
    await context.close();
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
    try {
      for (const [index, markup] of MARKUP.entries()) {
        const titleId = await desk.title(`Trap ${index} ${markup}`);
        const memberId = await desk.member(`Guest ${index} ${markup}`);
        const console = `${target.hubUrl}/#`;
        if (titleId === null || memberId === null) {
          through.push(`the hub did not take ${markup}, so that nothing was tried with it`);
          continue;
        }
        for (const [place, wanted] of [
          [`${console}/titles/${titleId}`, `Trap ${index}`],
          [`${console}/members/${memberId}`, `Guest ${index}`],
        ] as const)
          through.push(...(await ran(browser, target, desk.cookie, place, wanted)));
        const asked = await desk.ask('GET', `/titles?q=${encodeURIComponent(markup)}`);
        const type = String(asked.headers['content-type']);
        if (!type.startsWith('application/json') || asked.headers['x-content-type-options'] !== 'nosniff')
          through.push(`an answer that a browser could take for a page: ${type}`);
      }
      through.push(...(await ran(browser, target, desk.cookie, `${target.hubUrl}/#/titles`, 'Trap 1')));
      through.push(...(await ran(browser, target, desk.cookie, `${target.hubUrl}/#/members`, 'Guest 1')));
      through.push(...(await atKiosk(browser, target, desk)));
    } finally {
      await browser.close();
    }
    return {
      outcome: through.length === 0 ? 'refused' : 'got-through',
      evidence:
        through.length === 0
          ? `${MARKUP.length} texts shown as words in Chromium: console and kiosk; no script ran, nothing was fetched`
          : through.slice(0, 3).join(' ; '),
      trace: { audit: 'member.registered' },
    };
  },
};

/** A title of hostile name that can be rented, on the kiosk's own screen. */
async function atKiosk(browser: Browser, target: Target, _desk: Desk): Promise<string[]> {
  const { fleet } = target;
  await fleet.title(`Shelf ${MARKUP[1]}`);
  await fleet.kiosk.send({ type: 'touch' });
  return ran(browser, target, null, fleet.own.kiosk.address(), 'Shelf');
}
