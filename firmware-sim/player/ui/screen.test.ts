import { describe, expect, it } from 'vitest';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { LANGUAGES } from '#shared/ui/i18n.ts';
import type { ShelfCopy } from '../shelf.ts';
import { commandOf, nextSpeed } from './keymap.ts';
import { clockOf, placeMemory, resumeAt } from './place.ts';
import { termsOf, timeWords } from './shown.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const DAY = 86_400_000;
const press = (key: string, ctrlKey = false) => ({ key, ctrlKey, altKey: false, metaKey: false });

describe('time left', () => {
  const until = (endsAt: number | null, kept = false) => ({
    endsAt: endsAt === null ? null : epochMs(endsAt),
    kept,
  });

  it('SCR-3: a copy says until when, and what is left: whole days from two days on, never more than there is', () => {
    const said = (endsAt: number) => timeWords(until(endsAt), NOON, 'en', 'Europe/Berlin');
    expect(said(NOON + 2 * DAY + 5 * 3_600_000)).toEqual({
      until: 'Until Fri 27 Nov, 18:00',
      left: '2 days left',
    });
    expect(said(NOON + 3 * DAY - 1000).left).toBe('2 days left');
    expect(said(NOON + 26 * 3_600_000).left).toBe('1 day 2 hrs left');
    expect(said(NOON + 90_000).left).toBe('1 min 30 secs left');
    expect(said(NOON - 1).left).toBe('');
  });

  it('SCR-3: a kept copy is the member’s own, one without end says so', () => {
    expect(timeWords(until(NOON + DAY, true), NOON, 'en', 'UTC').until).toBe('Yours to keep');
    expect(timeWords(until(null), NOON, 'de', 'UTC').until).toBe('Ohne Enddatum');
  });

  it('SCR-5: in German and Japanese with their own dates and words', () => {
    expect(timeWords(until(NOON + 3 * DAY), NOON, 'de', 'Europe/Berlin')).toEqual({
      until: 'Bis Sa., 28. Nov., 13:00',
      left: 'noch 3 Tage',
    });
    expect(timeWords(until(NOON + 3 * DAY), NOON, 'ja', 'Asia/Tokyo').left).toBe('残り3日');
  });

  it('SCR-3: the licence is told in plain words in every language', () => {
    const copy: ShelfCopy = {
      copyId: '01890000-0008-7000-8000-000000000001' as CopyId,
      title: 'Tide Tables',
      mediaType: 'audio/ogg',
      bytes: 4_200_000,
      refusal: null,
      endsAt: null,
      position: 0,
      begun: false,
      kept: false,
      poster: null,
      subtitles: [],
      licence: {
        ...{ issuedAt: epochMs(NOON), end: null, startWithinSeconds: 30 * 86_400, finishWithinSeconds: null },
        ...{ print: 0, copy: null, binding: 'players', terminal: 'kiosk-1' },
      },
    };
    const said = Object.fromEntries(termsOf(copy, 'en', 'UTC'));
    expect(said).toMatchObject({ 'May be printed': 'no', 'May be copied': 'without limit' });
    expect(said).toMatchObject({ 'Opens on': 'your own players only', 'Must be begun within': '30 days' });
    for (const language of LANGUAGES)
      expect(termsOf(copy, language, 'UTC').every(([what, how]) => what !== '' && how !== '')).toBe(true);
    expect(termsOf({ ...copy, licence: null }, 'en', 'UTC')).toEqual([]);
  });
});

describe('keys', () => {
  it('SCR-3: letters and arrows play, seek, mute and leave', () => {
    expect(commandOf(press(' '), 'BODY')).toEqual({ do: 'toggle' });
    expect(commandOf(press('K'), 'BODY')).toEqual({ do: 'toggle' });
    expect(commandOf(press('j'), 'BODY')).toEqual({ do: 'seek', by: -10 });
    expect(commandOf(press('ArrowRight'), 'VIDEO')).toEqual({ do: 'seek', by: 5 });
    expect(commandOf(press('7'), 'BODY')).toEqual({ do: 'place', part: 0.7 });
    expect(commandOf(press('Escape'), 'BUTTON')).toEqual({ do: 'leave' });
  });

  it('SCR-6: a control with the focus keeps its own keys, and the browser keeps its own', () => {
    expect(commandOf(press(' '), 'BUTTON')).toBeNull();
    expect(commandOf(press('ArrowLeft'), 'INPUT')).toBeNull();
    expect(commandOf(press('f'), 'SELECT')).toBeNull();
    expect(commandOf(press('f', true), 'BODY')).toBeNull();
    expect(commandOf(press('x'), 'BODY')).toBeNull();
  });

  it('SCR-3: speed goes one step at a time and stays at its ends', () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(2, 1), nextSpeed(0.5, -1)]).toEqual([
      1.25, 0.75, 2, 0.5,
    ]);
  });
});

describe('the place in a work', () => {
  it('SCR-3: it is told every ten seconds and when playing stops; at the end it is the beginning', () => {
    const told: number[] = [];
    const memory = placeMemory((seconds) => told.push(seconds));
    for (const at of [1, 5, 9, 10, 11, 19, 20.5]) memory.moved(at);
    memory.left(22, false);
    memory.left(60, true);
    expect(told).toEqual([10, 20.5, 22, 0]);
  });

  it('SCR-3: it goes on there, but not at the very beginning or end', () => {
    expect([resumeAt(30, 60), resumeAt(2, 60), resumeAt(58, 60), resumeAt(30, Number.NaN)]).toEqual([
      30, 0, 0, 0,
    ]);
  });

  it('SCR-3: a place is written as people read it', () => {
    expect([clockOf(9), clockOf(249), clockOf(3725), clockOf(Number.NaN)]).toEqual([
      '0:09',
      '4:09',
      '1:02:05',
      '0:00',
    ]);
  });
});
