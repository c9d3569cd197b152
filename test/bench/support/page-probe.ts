import type { Page } from 'playwright-core';

/** What a person at a page feels, measured inside the page by its own clock, in milliseconds. */
export interface Smoothness {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly longTasks: number;
  readonly longestTaskMs: number;
  /** Frames in which there was no row (or poster) in the middle of what scrolls. */
  readonly gaps: number;
}

export const percentile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0) * 10) / 10;
};

/** First content since the navigation began: what the browser itself notes as painted. */
export const firstContentMs = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((done) => {
        const seen = (list: readonly PerformanceEntry[]) => {
          const first = list.find(({ name }) => name === 'first-contentful-paint');
          if (first !== undefined) done(first.startTime);
        };
        new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: 'paint', buffered: true });
      }),
  );

/** Presses `press` and waits for `see` to stand on the screen: from the finger to the picture. */
export const tapMs = (page: Page, press: string, see: string): Promise<number> =>
  page.evaluate(
    async ([press, see]) => {
      const control = document.querySelector<HTMLElement>(`[data-testid="${press}"]`);
      if (control === null) throw new Error(`${press} is not on the screen`);
      control.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      await new Promise((done) => requestAnimationFrame(done));
      const began = performance.now();
      control.click();
      while (document.querySelector(`[data-testid="${see}"]`) === null) {
        if (performance.now() - began > 20_000) throw new Error(`${see} never came after ${press}`);
        await new Promise((done) => setTimeout(done, 1));
      }
      // Laid out and handed to the screen.
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
      return performance.now() - began;
    },
    [press, see] as const,
  );

/** Scrolls with the wheel over the middle of `area` for so long and watches every frame. `content`: what must stand there. */
export async function scrollWatched(
  page: Page,
  area: string,
  content: string,
  wheel: { readonly x: number; readonly y: number; readonly turns: number },
): Promise<Smoothness> {
  await page.evaluate(
    ([area, content]) => {
      const tasks: number[] = [];
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration);
      });
      observer.observe({ type: 'longtask' });
      const watch = { frames: 0, gaps: 0, began: performance.now(), over: false, tasks, observer };
      const frame = () => {
        if (watch.over) return;
        watch.frames += 1;
        const box = document.querySelector(area)?.getBoundingClientRect();
        if (box !== undefined) {
          const top = Math.max(0, box.top);
          const bottom = Math.min(innerHeight, box.bottom);
          const at = document.elementFromPoint(
            Math.min(innerWidth - 2, box.left + Math.min(box.width, innerWidth) / 2),
            (top + bottom) / 2,
          );
          if (at === null || at.closest(content) === null) watch.gaps += 1;
        }
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      Object.assign(globalThis, { keyturnWatch: watch });
    },
    [area, content] as const,
  );
  const box = await page.locator(area).first().boundingBox();
  const size = page.viewportSize();
  if (box === null || size === null) throw new Error(`${area} is not on the screen`);
  const middle = {
    x: box.x + Math.min(box.width, size.width) / 2,
    y: (Math.max(0, box.y) + Math.min(size.height, box.y + box.height)) / 2,
  };
  await page.mouse.move(middle.x, middle.y);
  for (let turn = 0; turn < wheel.turns; turn += 1) {
    await page.mouse.wheel(wheel.x, wheel.y);
    await page.waitForTimeout(16);
  }
  return page.evaluate(() => {
    const { keyturnWatch: watch } = globalThis as unknown as {
      keyturnWatch: {
        frames: number;
        gaps: number;
        began: number;
        over: boolean;
        tasks: number[];
        observer: PerformanceObserver;
      };
    };
    watch.over = true;
    for (const { duration } of watch.observer.takeRecords()) watch.tasks.push(duration);
    watch.observer.disconnect();
    const seconds = (performance.now() - watch.began) / 1000;
    return {
      frames: watch.frames,
      framesPerSecond: Math.round(watch.frames / seconds),
      longTasks: watch.tasks.length,
      longestTaskMs: Math.round(Math.max(0, ...watch.tasks)),
      gaps: watch.gaps,
    };
  });
}

/**
 * Types a word into a field and takes it away again, so many times, and measures each key until its picture; `dropped`: keys after which the field did
 * not say what it should.
 */
export async function typedMs(
  page: Page,
  testid: string,
  word: string,
  times: number,
): Promise<{ readonly times: readonly number[]; readonly dropped: number }> {
  const field = page.getByTestId(testid).first();
  await field.click();
  await page.evaluate(() => {
    const times: number[] = [];
    document.addEventListener(
      'keydown',
      (event) =>
        requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - event.timeStamp), 0)),
      true,
    );
    Object.assign(globalThis, { keyturnKeys: times });
  });
  let dropped = 0;
  const press = async (key: string) => {
    await page.keyboard.press(key);
    await page.waitForTimeout(60);
  };
  for (let round = 0; round < times; round += 1) {
    for (const letter of word) await press(letter);
    dropped += word.length - (await field.inputValue()).length;
    for (const _letter of word) await press('Backspace');
    dropped += (await field.inputValue()).length;
  }
  await page.waitForTimeout(100);
  const taken = await page.evaluate(
    () => (globalThis as unknown as { keyturnKeys: readonly number[] }).keyturnKeys,
  );
  return { times: taken, dropped };
}
