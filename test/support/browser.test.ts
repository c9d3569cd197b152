import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axe, launchBrowser, openPage, screenshot, VIEWPORTS } from './browser.ts';

let browser: Browser;
let server: Server;
let address: string;

const page = (body: string): string =>
  `<!doctype html><html lang="en"><head><title>Shelf</title><link rel="icon" href="data:,"></head><body>${body}</body></html>`;

beforeAll(async () => {
  browser = await launchBrowser();
  server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', "default-src 'self' data:");
    response.end(
      request.url === '/good'
        ? page('<main><h1>映画</h1><button>Rent</button></main>')
        : page('<main><h1>Bad</h1><img src="data:,"><input></main>'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => server.close(resolve));
});

test('the browser shows a page, axe finds nothing on a good one, a picture is saved', async () => {
  const opened = await openPage(browser, `${address}/good`, VIEWPORTS.kiosk);
  await opened.page.getByRole('button', { name: 'Rent' }).click();
  expect(await axe(opened.page)).toEqual([]);
  expect(statSync(await screenshot(opened.page, 'support-good')).size).toBeGreaterThan(1000);
  expect(opened.faults).toEqual([]);
  await opened.close();
});

test('axe names what is wrong on a bad page, even under a strict content policy', async () => {
  const opened = await openPage(browser, `${address}/bad`);
  const ids = (await axe(opened.page)).map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['image-alt', 'label']));
  await opened.close();
});
