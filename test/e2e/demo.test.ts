import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PanelAction, PanelSnapshot } from '#firmware-sim/panel/contract.ts';
import { StaffAgent } from '#firmware-sim/story/staff-agent.ts';
import { oneTimeCode } from '#hub/http/contract/staff.ts';
import { assert } from '#shared/kernel/assert.ts';
import { programEntry, projectRoot } from '#shared/toolchain/assets.ts';
import {
  axe,
  launchBrowser,
  type OpenedPage,
  openPage,
  screenshot,
  VIEWPORTS,
} from '#test/support/browser.ts';
import { freePort } from '#test/support/free-port.ts';
import { type ServerProcess, startServer } from '#test/support/processes.ts';

/** `npm start` as a newcomer has it: the launcher, which builds what is stale, on ports and a folder of its own. */
const LAUNCH = [process.execPath, join(projectRoot(), 'shared/toolchain/launch.mjs'), 'demo'];
const home = mkdtempSync(join(tmpdir(), 'keyturn-demo-e2e-'));
const PORTS = ['HUB_PORT', 'MQTT_PORT', 'KIOSK_PORT', 'RETURN_TERMINAL_PORT', 'PLAYER_PORT', 'PANEL_PORT'];
const READY = /Ctrl-C ends it/;

let browser: Browser;
let running: ServerProcess | null = null;
let environment: string[] = [];
/** The administrator's, shown once. */
let password = '';
const MIKA = { name: 'mika', password: 'seven umbrellas on a quiet tram' };

beforeAll(async () => {
  browser = await launchBrowser();
  const ports = await Promise.all(PORTS.map(async (name) => `${name}=${await freePort()}`));
  environment = [`KEYTURN_HOME=${home}`, ...ports];
});
afterAll(async () => {
  await running?.end('SIGKILL');
  await browser.close();
  rmSync(home, { recursive: true, force: true });
});

interface Started {
  readonly kiosk: string;
  readonly returnTerminal: string;
  readonly player: string;
  readonly console: string;
  readonly panel: string;
  readonly fleet: string;
  readonly output: string;
}

async function start(command: readonly string[] = LAUNCH, ready: RegExp = READY): Promise<Started> {
  running = await startServer({ command: 'env', args: [...environment, ...command], ready });
  const output = running.output();
  const address = (name: string): string => new RegExp(`${name} +(http://[^ \\n]+)`).exec(output)?.[1] ?? '';
  return {
    kiosk: address('Kiosk'),
    returnTerminal: address('Return terminal'),
    player: address('Player at home'),
    console: address('Console of the staff'),
    panel: address('The demo’s hand'),
    fleet: /fleet ([0-9a-f]{8})/.exec(output)?.[1] ?? '',
    output,
  };
}

async function stop(): Promise<string> {
  assert(running !== null, 'the demo runs');
  await running.end('SIGINT');
  const output = running.output();
  running = null;
  return output;
}

const state = async (panel: string): Promise<PanelSnapshot> =>
  (await (await fetch(`${panel}/api/state`)).json()) as PanelSnapshot;
const act = async (panel: string, action: PanelAction): Promise<number> => {
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch(`${panel}/api/actions`, { method: 'POST', headers, body: JSON.stringify(action) }))
    .status;
};

/** Another person of staff, as an administrator adds one. */
async function addManager(consoleUrl: string): Promise<void> {
  const admin = new StaffAgent(consoleUrl);
  await admin.signIn('admin', password);
  const { code } = await admin.post('/staff', { name: MIKA.name, role: 'manager' }, oneTimeCode);
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ ...MIKA, code });
  const redeemed = await fetch(`${consoleUrl}/api/v1/session/redeem`, { method: 'POST', headers, body });
  expect(redeemed.status).toBe(204);
}

/** The console at a place, signed in. */
async function consoleOf(consoleUrl: string, place: string, who: typeof MIKA): Promise<OpenedPage> {
  const opened = await openPage(browser, `${consoleUrl}/#/${place}`, VIEWPORTS.desk);
  await opened.page.getByTestId('sign-in-name').fill(who.name);
  await opened.page.getByTestId('sign-in-password').fill(who.password);
  await opened.page.getByTestId('sign-in').click();
  await opened.page.getByTestId('who').waitFor();
  return opened;
}

/** What must be the same after a restart. */
async function kept(at: Started) {
  const { members, media, forwardMs } = await state(at.panel);
  const session = (await (await fetch(`${at.kiosk}/session`)).json()) as { siteName: string };
  return { fleet: at.fleet, site: session.siteName, members, media, forwardMs };
}

describe('npm start', () => {
  it('OPS-1: a start that was killed while it filled the fleet is finished by the next; then everything answers', async () => {
    // The launcher builds; the program itself is what gets killed.
    await start(LAUNCH, /Looking after shops/);
    await stop();
    await start([process.execPath, programEntry('demo')], /Looking after shops/);
    await running?.end('SIGKILL');
    const at = await start();
    expect(at.output).toMatch(/Console sign-in: admin \/ \S{12,}/);
    password = /Console sign-in: admin \/ (\S+)/.exec(at.output)?.[1] ?? '';
    for (const address of [at.kiosk, at.returnTerminal, at.player, at.console, at.panel]) {
      const answer = await fetch(`${address}/`);
      expect([address, answer.status]).toEqual([address, 200]);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    }
    const { members, media } = await state(at.panel);
    expect(members).toHaveLength(6);
    expect(media.map(({ kind }) => kind).filter((kind) => kind !== 'member')).toEqual([
      'blank',
      'foreign',
      'full',
      'small',
      'read-only',
      'small-files',
      'secure',
      'copies-on-write',
    ]);
  });

  it('SCR-3, SCR-6: panel and player show without a fault of script or network, and axe finds nothing', async () => {
    assert(running !== null, 'the demo runs');
    const panelUrl = /The demo’s hand +(\S+)/.exec(running.output())?.[1] ?? '';
    const panel = await openPage(browser, panelUrl, VIEWPORTS.desk);
    await panel.page.getByTestId('now').waitFor();
    for (const name of ['kiosk', 'return-terminal'])
      await panel.page.locator(`[data-testid=online-${name}][data-online=true]`).waitFor({ timeout: 90_000 });
    expect(await axe(panel.page)).toEqual([]);
    await panel.page.getByTestId('insert-foreign-player').click();
    await panel.page.locator('[data-testid=medium-foreign][data-where=player]').waitFor();
    await screenshot(panel.page, 'panel');
    const { addresses } = await state(panelUrl);
    const player = await openPage(browser, addresses.player, VIEWPORTS.terminal);
    await player.page.getByText('another rental fleet').waitFor();
    expect(await axe(player.page)).toEqual([]);
    await screenshot(player.page, 'player-foreign');
    await panel.page.getByRole('button', { name: '日本語' }).click();
    await panel.page.getByText('お試し用の会員').waitFor();
    expect([...panel.faults, ...player.faults]).toEqual([]);
    await panel.close();
    await player.close();
  });

  it('OPS-1: Ctrl-C and again: the same fleet, members, media and time', async () => {
    assert(running !== null, 'the demo runs');
    const panelUrl = /The demo’s hand +(\S+)/.exec(running.output())?.[1] ?? '';
    expect(await act(panelUrl, { type: 'pull', drive: 'player' })).toBe(200);
    expect(await act(panelUrl, { type: 'forward', hours: 24 })).toBe(200);
    expect(await act(panelUrl, { type: 'insert', medium: 'nobody', drive: 'kiosk' })).toBe(409);
    const { addresses } = await state(panelUrl);
    const fleet = /fleet ([0-9a-f]{8})/.exec(running.output())?.[1] ?? '';
    const before = await kept({ ...addresses, panel: panelUrl, fleet, output: '' });
    expect(before.forwardMs).toBe(86_400_000);
    expect(await stop()).toContain('Everything is kept');
    const again = await start();
    expect(await kept(again)).toEqual(before);
    expect(again.output).not.toContain('Console sign-in');
  });

  it('FLT-3, SEC-7: two people take the running kiosk out of the fleet in the console; its screen says so at once, and at the next start', async () => {
    assert(running !== null, 'the demo runs');
    const panelUrl = /The demo’s hand +(\S+)/.exec(running.output())?.[1] ?? '';
    const { addresses } = await state(panelUrl);
    await addManager(addresses.console);
    // Whom one made oneself is no second person for a day.
    for (const hours of [24, 1] as const) await act(panelUrl, { type: 'forward', hours });
    const kiosk = await openPage(browser, addresses.kiosk, VIEWPORTS.terminal);
    await kiosk.page.getByTestId('start').waitFor();
    const asks = await consoleOf(addresses.console, 'fleet/demo-kiosk', { name: 'admin', password });
    await asks.page.getByTestId('decommission').click();
    await asks.page.getByTestId('decommission-reason').fill('The shop at the door closes');
    await screenshot(asks.page, 'console-decommission-ask');
    expect(await axe(asks.page)).toEqual([]);
    await asks.page.getByTestId('decommission-ask-go').click();
    await asks.page.getByTestId('decommission-asked').waitFor();
    const agrees = await consoleOf(addresses.console, 'two', MIKA);
    await agrees.page.getByTestId('approve').click();
    await agrees.page.getByTestId('decide-ask-go').click();
    await agrees.page.getByTestId('decided').waitFor();
    await kiosk.page.getByTestId('retired').waitFor({ timeout: 60_000 });
    await asks.page.getByTestId('wipe').waitFor({ timeout: 60_000 });
    await kiosk.page.locator('body[data-state=over]').waitFor();
    await screenshot(kiosk.page, 'kiosk-retired');
    await screenshot(asks.page, 'console-wiped');
    expect([...(await axe(kiosk.page)), ...(await axe(asks.page))]).toEqual([]);
    // Before the sign-in the hub says that nobody is signed in: nothing else was at fault.
    expect(asks.faults.filter((fault) => !/ 401[: ]/.test(fault))).toEqual([]);
    for (const opened of [kiosk, asks, agrees]) await opened.close();
    expect(readdirSync(join(home, 'demo-kiosk'))).toEqual(['left-the-fleet.json']);
    await stop();
    const again = await start();
    expect(await (await fetch(again.kiosk)).text()).toContain('Out of service');
    expect((await fetch(`${again.returnTerminal}/session`)).status).toBe(200);
    await stop();
  });

  it('OPS-1: wrong settings end the start with all of them at once', () => {
    const wrong = { KIOSK_PORT: 'a door', MQTT_URL: 'http://no-broker', PANEL_PORT: '70000' };
    const ended = spawnSync(process.execPath, [programEntry('demo')], {
      env: { ...process.env, KEYTURN_HOME: home, ...wrong },
      encoding: 'utf8',
    });
    expect(ended.status).toBe(2);
    for (const name of Object.keys(wrong)) expect(ended.stderr).toContain(name);
  });
});
