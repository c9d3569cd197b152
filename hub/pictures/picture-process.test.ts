import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PictureFault, PosterPictures } from '#hub/ports/pictures.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import type { Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { createPictureProcess, PICTURE_LIMITS } from './picture-process.ts';

const pictures = createPictureProcess(systemClock);
const codeOf = (made: Result<PosterPictures, PictureFault>): string => (made.ok ? 'made' : made.error.code);
const aPicture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#a04020' }, limitInputPixels: false });

/** A PNG that says it has so many pixels; a megapixel of nothing takes a kilobyte. */
function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'ascii'), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.min((width * 4 + 1) * height, 64 * 2 ** 20)));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('pictures', () => {
  test('CAT-1: a poster becomes a poster and a thumbnail, both WebP of known size', async () => {
    const made = await pictures.posterPictures(await aPicture(1600, 2400).jpeg().toBuffer());
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

  test('SEC-8: place, camera and author do not pass, and nothing of the file itself', async () => {
    const sent = await aPicture(400, 600)
      .withExif({
        IFD0: { Artist: 'Ann Example', Copyright: 'hidden text' },
        IFD3: { GPSLatitude: '35/1 0/1 0/1' },
      })
      .jpeg()
      .toBuffer();
    const trailing = Buffer.concat([sent, Buffer.from('<script>alert(1)</script>')]);
    expect((await sharp(sent).metadata()).exif?.includes('Ann Example')).toBe(true);
    const made = await pictures.posterPictures(trailing);
    if (!made.ok) throw new Error(made.error.message);
    for (const picture of [made.value.poster, made.value.thumbnail]) {
      const { exif, xmp, iptc, icc } = await sharp(picture).metadata();
      expect([exif, xmp, iptc, icc]).toEqual([undefined, undefined, undefined, undefined]);
      for (const secret of ['Ann Example', 'hidden text', '<script>'])
        expect(Buffer.from(picture).includes(secret)).toBe(false);
    }
  });

  test.each<[string, () => Promise<Buffer> | Buffer, string]>([
    ['PNG of 2.5 gigapixels', () => pngBomb(50_000, 50_000), 'picture_too_large'],
    ['PNG one pixel high and 2³¹ wide', () => pngBomb(2 ** 31 - 1, 1), 'picture_unreadable'],
    ['JPEG of 60 megapixels', () => aPicture(10_000, 6_000).jpeg().toBuffer(), 'picture_too_large'],
    [
      'WebP of 60 megapixels',
      () => aPicture(10_000, 6_000).webp({ effort: 0 }).toBuffer(),
      'picture_too_large',
    ],
    ['GIF', () => aPicture(10, 10).gif().toBuffer(), 'picture_format_unsupported'],
    ['AVIF', () => aPicture(64, 64).avif({ effort: 0 }).toBuffer(), 'picture_format_unsupported'],
    ['TIFF', () => aPicture(64, 64).tiff().toBuffer(), 'picture_format_unsupported'],
    [
      'SVG that includes a file',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
      'picture_format_unsupported',
    ],
    ['zip', () => Buffer.from('504b0304140000000800', 'hex'), 'picture_format_unsupported'],
    ['page', () => Buffer.from('<script>alert(1)</script>'), 'picture_format_unsupported'],
    ['nothing', () => Buffer.alloc(0), 'picture_format_unsupported'],
    [
      'PNG cut off',
      async () => (await aPicture(900, 900).png().toBuffer()).subarray(0, 700),
      'picture_unreadable',
    ],
    [
      'JPEG head with an SVG behind',
      () => Buffer.from('ffd8ff<svg/>', 'latin1'),
      'picture_format_unsupported',
    ],
  ])('SEC-8: %s is refused with its reason, and the hub lives', async (_name, make, code) => {
    expect(codeOf(await pictures.posterPictures(await make()))).toBe(code);
    expect(codeOf(await pictures.posterPictures(await aPicture(10, 15).png().toBuffer()))).toBe('made');
  });

  test('SEC-8: a process that is given too little memory or time fails alone', async () => {
    const picture = await aPicture(3000, 3000).webp({ effort: 0 }).toBuffer();
    const poor = createPictureProcess(systemClock, {
      ...PICTURE_LIMITS,
      memoryKiB: 32 * 1024,
      time: milliseconds(5_000),
    });
    expect(codeOf(await poor.posterPictures(picture))).toBe('picture_failed');
    const hasty = createPictureProcess(systemClock, { ...PICTURE_LIMITS, time: milliseconds(1) });
    expect(codeOf(await hasty.posterPictures(picture))).toBe('picture_failed');
  });

  test('SEC-8: the limits are those of the process itself, and no secret is in its environment', async () => {
    const looking = createPictureProcess(
      systemClock,
      PICTURE_LIMITS,
      `${projectRoot()}/hub/pictures/testing/limits.mjs`,
    );
    process.env['HUB_SECRET_OF_A_TEST'] = 'secret';
    const picture = await aPicture(10, 10).png().toBuffer();
    expect(codeOf(await looking.posterPictures(picture))).toBe('picture_unreadable');
    delete process.env['HUB_SECRET_OF_A_TEST'];
  });
});
