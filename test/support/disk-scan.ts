import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A secret by name, in every form in which a careless program writes one down. */
export interface Needle {
  readonly name: string;
  readonly forms: readonly Buffer[];
}

/** Text as it is, and as UTF-16, base64 (at each of its three places in a longer text) and hex. */
export const textNeedle = (name: string, text: string): Needle =>
  bytesNeedle(name, Buffer.from(text, 'utf8'), [Buffer.from(text, 'utf16le')]);

export function bytesNeedle(name: string, bytes: Uint8Array, also: readonly Buffer[] = []): Needle {
  const raw = Buffer.from(bytes);
  const shifted = [0, 1, 2].flatMap((before) => {
    // The characters at both ends hang on their neighbours: only those in between are the same wherever it stands.
    const text = Buffer.concat([Buffer.alloc(before), raw])
      .toString('base64')
      .replace(/=+$/, '');
    const own = text.slice(Math.ceil((before * 8) / 6), text.length - 1);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const forms = [
    raw,
    ...also,
    ...[raw.toString('hex'), raw.toString('hex').toUpperCase(), ...shifted].map((text) => Buffer.from(text)),
  ];
  return { name, forms: forms.filter((form) => form.length >= 4) };
}

/** The key of a copy (an age identity): its text, and the 32 bytes behind it. */
export const identityNeedles = (name: string, identity: string): readonly Needle[] => [
  textNeedle(name, identity),
  textNeedle(`${name} in small letters`, identity.toLowerCase()),
  bytesNeedle(`bytes of ${name}`, rawKey(identity)),
];

/** The 32 bytes behind an identity's text (Bech32, BIP 173). */
export function rawKey(identity: string): Buffer {
  const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  const data = identity.toLowerCase().slice(identity.lastIndexOf('1') + 1, -6);
  const bits = [...data].map((one) => charset.indexOf(one).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

export interface Finding {
  readonly file: string;
  readonly needle: string;
}

/** Every file below a folder that has one of the needles in it, in any form. `spare` leaves files out by their path below the folder. */
export async function scanFolder(
  folder: string,
  needles: readonly Needle[],
  spare: (path: string) => boolean = () => false,
): Promise<{ readonly files: number; readonly bytes: number; readonly found: readonly Finding[] }> {
  let files = 0;
  let bytes = 0;
  const found: Finding[] = [];
  const walk = async (at: string): Promise<void> => {
    for (const name of await readdir(at)) {
      const path = join(at, name);
      const shown = relative(folder, path);
      const about = await lstat(path).catch(() => null);
      if (about?.isDirectory() === true) await walk(path);
      if (about?.isFile() !== true || spare(shown)) continue;
      const content = await readFile(path);
      files += 1;
      bytes += content.length;
      for (const { name: needle, forms } of needles)
        if (forms.some((form) => content.includes(form))) found.push({ file: shown, needle });
    }
  };
  await walk(folder);
  return { files, bytes, found };
}

/** The same in a text that is nowhere on a disk: log lines, metrics. */
export const scanText = (
  place: string,
  text: string | Uint8Array,
  needles: readonly Needle[],
): readonly Finding[] => {
  const content = Buffer.from(text);
  return needles
    .filter(({ forms }) => forms.some((form) => content.includes(form)))
    .map(({ name }) => ({ file: place, needle: name }));
};
