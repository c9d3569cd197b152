import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makePosterPictures } from './pictures.ts';

describe('pictures', () => {
  it('CAT-1: a poster becomes a poster and a thumbnail, both WebP of known size', async () => {
    const sent = await sharp({ create: { width: 1600, height: 2400, channels: 3, background: '#a04020' } })
      .jpeg()
      .toBuffer();
    const made = await makePosterPictures(sent);
    if (!made.ok) throw new Error(made.error.message);
    expect(await sharp(made.value.poster).metadata()).toMatchObject({
      format: 'webp',
      width: 720,
      height: 1080,
    });
    expect(await sharp(made.value.thumbnail).metadata()).toMatchObject({
      format: 'webp',
      width: 320,
      height: 480,
    });
  });
  it('SEC-8: what is no picture is refused', async () => {
    const made = await makePosterPictures(Buffer.from('<script>alert(1)</script>'));
    expect(!made.ok && made.error.code).toBe('picture_unreadable');
  });
});
