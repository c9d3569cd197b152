import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { filter, followAddress, go, route } from './route.svelte.ts';

let told: (() => void)[];
let unfollow: () => void;
/** A browser: the address changes at once, and the page hears of it later. */
const browser = { hash: '' };
const arrive = () => {
  for (const tell of told) tell();
};
beforeEach(() => {
  told = [];
  browser.hash = '#/rentals?q=ada';
  vi.stubGlobal('location', browser);
  vi.stubGlobal('history', {
    state: null,
    replaceState: (_: unknown, __: string, address?: string) => {
      if (address !== undefined) browser.hash = address;
    },
  });
  vi.stubGlobal('addEventListener', (_: string, listener: () => void) => told.push(listener));
  vi.stubGlobal('removeEventListener', () => {
    told = [];
  });
  unfollow = followAddress();
  arrive();
});
afterEach(() => {
  unfollow();
  vi.unstubAllGlobals();
});

it('SCR-4: a filter changes the present page’s address, and keeps its others', () => {
  filter({ state: 'open' });
  expect(browser.hash).toBe('#/rentals?q=ada&state=open');
  expect(route.place.query).toEqual({ q: 'ada', state: 'open' });
  filter({ q: undefined });
  expect(browser.hash).toBe('#/rentals?state=open');
});

it('SCR-4: a filter of a page that is being left does not take its place back', () => {
  go(['members']);
  filter({ q: 'adam' });
  expect(browser.hash).toBe('#/members');
  arrive();
  expect(route.place.parts).toEqual(['members']);
  filter({ q: 'adam' });
  expect(browser.hash).toBe('#/members?q=adam');
});
