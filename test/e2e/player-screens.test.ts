import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { createPlayer, type Player } from '#firmware-sim/player/player.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { freshIdentity } from '#shared/media/container/age-header.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { projectRoot, uiDirectory } from '#shared/toolchain/assets.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import { axe, launchBrowser, openPage } from '#test/support/browser.ts';
import { keyboardOnly } from '#test/support/keyboard.ts';
import { aDraft, anAccept, aWrite, type Bench, bench, memoryRecords } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';

/** The home player in Chromium: real copies of a small film with what a kiosk leaves beside them, on a medium in memory. */
const DEMO = join(projectRoot(), 'firmware-sim/demo/catalogue');
const FILM = readFileSync(join(DEMO, 'editions/the-keepers-letter.webm'));
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
const SUBTITLES = [
  { language: 'en', text: 'WEBVTT\n\n00:00.000 --> 00:40.000\nThe lamp must not go out.\n' },
  { language: 'ja', text: 'WEBVTT\n\n00:00.000 --> 00:40.000\n灯を消してはならない。\n' },
];

const folder = mkdtempSync(join(tmpdir(), 'keyturn-player-page-'));
let fleet: Awaited<ReturnType<typeof foundFleet>>;
let kiosk: Signer;
let terminal: Signer;
let home: Bench;
let player: Player;
let browser: Browser;
let page: Page;
let close: () => Promise<void>;
let faults: readonly string[];
const medium: MemoryMedium = memoryMedium('stick');
let film: CopyId;
let bound: CopyId;

async function written(title: string, binding: 'none' | 'players'): Promise<CopyId> {
  const at = bench(fleet.trust, kiosk, `kiosk ${title}`);
  await at.drive.insert(medium);
  const outcome = await writeCopy(
    at.deps,
    aWrite(at.random, memoryRecords(), FILM, {
      licence: aDraft(at.random, { title, binding }),
      playerRecipients: binding === 'none' ? [] : [(await freshIdentity()).recipient],
      extras: { poster: PIXEL, subtitles: SUBTITLES },
    }),
  );
  if (outcome.kind !== 'written') throw new Error(outcome.kind);
  return outcome.commit.copyId;
}

async function returned(copyId: CopyId): Promise<void> {
  const at = bench(fleet.trust, terminal, 'return');
  await at.drive.insert(medium);
  const accepted = await acceptReturn(at.deps, anAccept(at.random, copyId));
  if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
  await destroySlot(at.deps, { accepted: accepted.accepted, intents: memoryRecords() });
}

const video = () => page.getByTestId('video');
const at = (): Promise<number> => video().evaluate((element: HTMLVideoElement) => element.currentTime);
const halted = (): Promise<boolean> => video().evaluate((element: HTMLVideoElement) => element.paused);
const choose = (copyId: CopyId) => page.locator(`[data-testid="choose"][data-copy="${copyId}"]`);

beforeAll(async () => {
  const build = join(projectRoot(), 'shared/toolchain/build.mjs');
  execFileSync(process.execPath, [build, 'ui/player'], { stdio: 'pipe' });
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  terminal = await enrol(fleet, 'rt-one', 'return-terminal');
  film = await written('The Keeper’s Letter', 'none');
  bound = await written('The Long Snow', 'players');
  home = bench(fleet.trust, kiosk, 'home');
  player = await createPlayer({
    ...{ drive: home.drive, trust: fleet.trust, clock: home.clock, random: home.random, log: silentLog },
    ...{
      folder,
      uiFolder: uiDirectory('player'),
      host: '127.0.0.1',
      port: 0,
      name: 'Living room',
      hub: null,
    },
  });
  const { address } = await player.start();
  browser = await launchBrowser();
  ({ page, close, faults } = await openPage(browser, address, { width: 1280, height: 720 }));
}, 60_000);
afterAll(async () => {
  await close();
  await browser.close();
  await player.stop();
  rmSync(folder, { recursive: true });
});

describe('the player at home', () => {
  it('SCR-3: an empty player says what to do; a medium fills the shelf with posters, time left and clear words', async () => {
    await page.getByTestId('headline').getByText('Insert your medium').waitFor();
    await home.drive.insert(medium);
    await choose(film).waitFor();
    expect(await page.getByTestId('headline').textContent()).toBe('The Keeper’s Letter');
    expect(await page.getByTestId('copy').textContent()).toMatch(/Until .*2 days left/);
    expect(await page.getByTestId('copy').locator('img').getAttribute('src')).toContain(`${film}/poster`);
    expect(await choose(bound).getAttribute('data-refusal')).toBe('copy_not_for_this_player');
    await choose(bound).click();
    expect(await page.getByTestId('copy').textContent()).toContain('Not for this player');
    expect(await page.getByTestId('open').count()).toBe(0);
    await choose(film).click();
  });

  it('SCR-5 SCR-6: in every language without a barrier, also what is allowed and the device’s page', async () => {
    for (const language of LANGUAGES) {
      await page.getByTestId(`language-${language}`).click();
      await page.locator(`html[lang="${language}"]`).waitFor();
      expect(await axe(page)).toEqual([]);
      for (const sheet of ['terms', 'device']) {
        await page.getByTestId(sheet).click();
        await page.getByTestId(`${sheet}-sheet`).waitFor();
        expect(await axe(page)).toEqual([]);
        await page.getByTestId(`${sheet}-close`).click();
      }
    }
    await page.getByTestId('language-en').click();
    await page.getByTestId('terms').click();
    expect(await page.getByTestId('terms-sheet').textContent()).toMatch(/May be printedno/);
    await page.getByTestId('terms-close').click();
  }, 60_000);

  it('SCR-3 PLY-1: a film plays, seeks by keys and bar, shows subtitles in the language and size chosen', async () => {
    await page.getByTestId('open').click();
    await expect.poll(at, { timeout: 20_000 }).toBeGreaterThan(0.2);
    await page.keyboard.press('k');
    await expect.poll(halted).toBe(true);
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('5');
    await expect.poll(at).toBeGreaterThan(20);
    const middle = await at();
    await page.keyboard.press('j');
    await expect.poll(at).toBeCloseTo(middle - 10, 0);
    await page.getByTestId('seek').fill('30');
    await expect.poll(at).toBeCloseTo(30, 0);
    await page.getByTestId('subtitles').selectOption('ja');
    const cue = (): Promise<string | null> =>
      video().evaluate((element: HTMLVideoElement) => {
        const track = [...element.textTracks].find((one) => one.mode === 'showing');
        return track === undefined ? null : ((track.activeCues?.[0] as VTTCue | undefined)?.text ?? null);
      });
    await expect.poll(cue, { timeout: 10_000 }).toBe('灯を消してはならない。');
    await page.getByTestId('subtitle-size').selectOption('large');
    await page.getByTestId('speed').selectOption('1.5');
    expect(await video().evaluate((element: HTMLVideoElement) => element.playbackRate)).toBe(1.5);
    await page.getByTestId('stage').focus();
    await page.keyboard.press('?');
    await page.getByTestId('keys-sheet').waitFor();
    await page.getByTestId('keys-close').click();
    await page.getByTestId('stage').focus();
    await page.keyboard.press('Escape');
    expect(await page.getByTestId('open').textContent()).toContain('Go on at 0:30');
  }, 60_000);

  it('SCR-3 SCR-6: by keyboard alone: through the shelf, what is allowed, the film with its controls, and back to where it was begun', async () => {
    const hand = keyboardOnly(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null);
    await hand.press('choose');
    await hand.keys('ArrowRight', 'Enter');
    await expect.poll(() => page.getByTestId('copy').textContent()).toContain('Not for this player');
    await hand.keys('ArrowLeft', 'Enter');
    await hand.press('terms');
    await page.getByTestId('terms-sheet').waitFor();
    await hand.keys('Escape');
    await expect.poll(focused).toBe('terms');
    await hand.press('device');
    await hand.press('device-close');
    await expect.poll(focused).toBe('device');

    await hand.press('open');
    await expect.poll(at, { timeout: 20_000 }).toBeGreaterThan(29);
    // It stands at its place a moment before it plays; pressed in between, the same key lets it play.
    await expect.poll(halted).toBe(false);
    await hand.press('toggle');
    await expect.poll(halted).toBe(true);
    const stood = await at();
    await hand.to('seek');
    await hand.keys('ArrowLeft');
    await expect.poll(at).toBeLessThan(stood);
    await hand.keys('8');
    await expect.poll(at).toBeGreaterThan(34);
    await hand.press('mute');
    expect(await video().evaluate((element: HTMLVideoElement) => element.muted)).toBe(true);
    await hand.press('keys');
    await page.getByTestId('keys-sheet').waitFor();
    await hand.keys('Escape');
    await page.getByTestId('keys-sheet').waitFor({ state: 'detached' });
    await hand.keys('7', 'Escape');
    await expect.poll(focused).toBe('open');
  }, 60_000);

  it('MED-3 SCR-3: a medium pulled while playing stops the film with words; put in again, it goes on where it was', async () => {
    await page.getByTestId('open').click();
    await expect.poll(at, { timeout: 20_000 }).toBeGreaterThan(29);
    home.drive.pull();
    await page.locator('[data-testid="trouble"][data-code="medium_missing"]').waitFor();
    expect(await page.getByTestId('headline').textContent()).toBe('Insert your medium');
    await home.drive.insert(medium);
    await expect.poll(() => page.getByTestId('open').textContent()).toMatch(/Go on at 0:[34]\d/);
  }, 60_000);

  it('PLY-1: a returned copy has lost its poster and says that its key is destroyed', async () => {
    // Pulled under a poster that is on its way, the medium would answer 404.
    await expect
      .poll(() => page.evaluate(() => [...document.images].every(({ complete }) => complete)))
      .toBe(true);
    home.drive.pull();
    await returned(film);
    await home.drive.insert(medium);
    await page.locator(`[data-testid="choose"][data-copy="${film}"][data-refusal="copy_returned"]`).click();
    expect(await page.getByTestId('copy').textContent()).toContain('Its key was destroyed');
    expect(await page.getByTestId('copy').locator('img').count()).toBe(0);
    expect(faults.filter((one) => !one.includes('/content/'))).toEqual([]);
  }, 60_000);
});
