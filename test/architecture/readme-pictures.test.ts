import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { MOST_BYTES, README_FOLDER, README_PICTURES, tidyReadme } from '#test/screens/readme-pictures.ts';

describe('the pictures in README.md', () => {
  it('SCR-1, SCR-2, SCR-3, SCR-4: each application is shown, every picture that README names is there, and all of them are small', async () => {
    const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
    const named = [...readme.matchAll(/test\/screens\/pictures\/([a-z-]+\.webp)/g)].map(
      (found) => found[1] ?? '',
    );
    expect(new Set(README_PICTURES.map(({ application }) => application)).size).toBe(4);
    expect(named).toHaveLength(README_PICTURES.length);
    for (const name of named) {
      const { format, width } = await sharp(join(README_FOLDER, name)).metadata();
      expect([format, (width ?? 0) >= 700], name).toEqual(['webp', true]);
    }
    const { missing, bytes } = tidyReadme();
    expect(missing).toEqual([]);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
});
