import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** WCAG 2.2, 1.4.3 and 1.4.11, computed from the tokens themselves. */
const css = readFileSync(join(projectRoot(), 'shared/ui/tokens.css'), 'utf8');
type Theme = ReadonlyMap<string, string>;

function block(selector: string): Theme {
  const found = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)].find(([, head]) => head?.includes(selector));
  return new Map(
    [...(found?.[2] ?? '').matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [
      String(name),
      String(value),
    ]),
  );
}
const dark = block('[data-theme="dark"]');
const light = block('[data-theme="light"]');
const more = block('[data-contrast="more"]');
const THEMES: readonly (readonly [string, Theme])[] = [
  ['dark', dark],
  ['light', new Map([...dark, ...light])],
  ['dark with more contrast', new Map([...dark, ...more])],
];

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(theme: Theme, one: string, other: string): number {
  const value = (name: string) => {
    const hex = theme.get(name);
    if (hex === undefined) throw new Error(`no token ${name}`);
    return luminance(hex);
  };
  const [bright = 0, dim = 0] = [value(one), value(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

const GROUNDS = ['ground', 'sheet', 'raised'];
/** Text on what it stands on: 4.5. */
const TEXT: readonly (readonly [string, string])[] = [
  ...['text', 'text-2', 'text-3', 'lamp-text', 'brick', 'leaf', 'sky'].flatMap((ink) =>
    GROUNDS.map((ground) => [ink, ground] as const),
  ),
  ['text', 'groove'],
  ['text', 'brick-ground'],
  ['text-2', 'brick-ground'],
  ['brick', 'brick-ground'],
  ['on-lamp', 'lamp'],
  ['on-brick', 'brick'],
  ['on-board', 'board'],
];
/** Edges of controls and what shows the focus: 3. */
const EDGES: readonly (readonly [string, string])[] = [
  ...GROUNDS.map((ground) => ['edge', ground] as const),
  ...GROUNDS.map((ground) => ['focus-ring', ground] as const),
];

describe.each(THEMES)('the tokens, %s', (_name, theme) => {
  it.each(TEXT)('SCR-6: %s on %s is read at 4.5 or more', (ink, ground) => {
    expect(contrast(theme, ink, ground)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(EDGES)('SCR-6: %s on %s is seen at 3 or more', (edge, ground) => {
    expect(contrast(theme, edge, ground)).toBeGreaterThanOrEqual(3);
  });
});

it('SCR-6: more contrast is more, for every text', () => {
  const [, , strong] = THEMES.map(([, theme]) => theme);
  for (const [ink, ground] of TEXT.filter(([ink]) => ink !== 'on-brick'))
    expect(contrast(strong ?? dark, ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(7);
});
