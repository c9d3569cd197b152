/**
 * The limited process that reads one picture: from standard input, both results to standard output, each with its length (4 bytes, big
 * endian) in front. Exit 3: no picture; 4: too many pixels. Started by `picture-process.ts` only; knows nothing of the hub.
 */
import sharp from 'sharp';

const [posterWidth = 0, thumbnailWidth = 0, mostPixels = 0] = process.argv.slice(2).map(Number);
sharp.cache(false);
sharp.concurrency(1);
// Only the readers of the three formats that are taken; everything else of the library stays shut.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
});

const parts = [];
for await (const part of process.stdin) parts.push(part);
const bytes = Buffer.concat(parts);
const source = () =>
  sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true }).autoOrient();
try {
  const poster = await source()
    .resize({ width: posterWidth, withoutEnlargement: true })
    .webp({ quality: 82 })
    .toBuffer();
  const thumbnail = await source()
    .resize({ width: thumbnailWidth, height: (thumbnailWidth * 3) / 2, fit: 'cover' })
    .webp({ quality: 78 })
    .toBuffer();
  for (const made of [poster, thumbnail]) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(made.length);
    process.stdout.write(length);
    process.stdout.write(made);
  }
} catch (error) {
  process.exitCode = /pixel limit/.test(String(error)) ? 4 : 3;
}
