import { basename } from 'node:path';
import sharp from 'sharp';

const GAP = 12;
const NAME_HEIGHT = 26;

/** All pictures side by side with their names below, at most 2,600 pixels wide. */
export async function contactSheet(
  paths: readonly string[],
  out: string,
  shape: { readonly width: number; readonly height: number },
): Promise<void> {
  if (paths.length === 0) return;
  const upright = shape.height > shape.width;
  const width = upright ? 270 : 500;
  const columns = upright ? 9 : 5;
  const height = Math.round((width * shape.height) / shape.width);
  const cell = { width: width + GAP, height: height + NAME_HEIGHT + GAP };
  const parts = await Promise.all(
    paths.map(async (path, at) => {
      const left = (at % columns) * cell.width + GAP;
      const top = Math.floor(at / columns) * cell.height + GAP;
      const name = basename(path, '.png');
      const label = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${NAME_HEIGHT}"><text y="18" font-family="sans-serif" font-size="13" fill="#fff">${name}</text></svg>`;
      return [
        { input: await sharp(path).resize({ width, height }).png().toBuffer(), left, top },
        { input: Buffer.from(label), left, top: top + height },
      ];
    }),
  );
  await sharp({
    create: {
      width: Math.min(columns, paths.length) * cell.width + GAP,
      height: Math.ceil(paths.length / columns) * cell.height + GAP,
      channels: 3,
      background: '#55585e',
    },
  })
    .composite(parts.flat())
    .png({ compressionLevel: 9, palette: true })
    .toFile(out);
}
