/** Starts the machine's Chromium (KEYTURN_CHROMIUM or /usr/bin/chromium) through playwright-core. */
import { chromium } from 'playwright-core';

export async function withPage(viewport, work) {
  const browser = await chromium.launch({
    executablePath: process.env.KEYTURN_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
  try {
    return await work(await browser.newPage({ viewport, deviceScaleFactor: 1 }));
  } finally {
    await browser.close();
  }
}
