import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Attack, Target } from '#test/attack/contract.ts';
import { type RawAnswer, rawHttp } from '#test/attack/support/raw-http.ts';
import { asStaff, staffSession } from '#test/attack/support/staff.ts';

/** Everything the hub keeps of uploads, in bytes. */
async function libraryBytes({ folder }: Target): Promise<number> {
  const objects = join(folder, 'hub', 'objects');
  const names = await readdir(objects).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(objects, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const lives = async ({ hubUrl }: Target): Promise<boolean> =>
  (await rawHttp(hubUrl, { path: '/ready' })).status === 200;

async function aTitle(target: Target): Promise<string> {
  return target.fleet.title('Bait', { away: true });
}

interface Shot {
  /** Bytes of the body after which the hub has stopped reading: its limit and what lies in buffers on the way. */
  readonly most?: number;
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: () => Uint8Array | AsyncIterable<Uint8Array>;
}

/** Fires all; what was taken, or made the hub fail or fall silent. */
async function fire(target: Target, shots: readonly Shot[]) {
  const session = await staffSession(target);
  const before = await libraryBytes(target);
  const through: string[] = [];
  let sent = 0;
  for (const { name, path, headers, body, most } of shots) {
    const sentBefore = sent;
    const answer: RawAnswer = await rawHttp(target.hubUrl, {
      method: 'POST',
      path: `/api/v1${path}`,
      headers: { ...asStaff(target, session), ...headers },
      body: counted(body(), (bytes) => {
        sent += bytes;
      }),
    });
    // Status 0: the hub closed the connection while more was coming, which is a refusal too.
    if (answer.status >= 500 || (answer.status >= 200 && answer.status < 400))
      through.push(`${name}: ${answer.status}`);
    if (most !== undefined && sent - sentBefore > most)
      through.push(`${name}: ${sent - sentBefore} bytes were taken in`);
  }
  const grown = (await libraryBytes(target)) - before;
  if (grown > 0) through.push(`the library grew by ${grown} bytes`);
  if (!(await lives(target))) through.push('the hub is down');
  return {
    outcome: through.length === 0 ? ('refused' as const) : ('got-through' as const),
    evidence:
      through.length === 0
        ? `${shots.length} ways, ${Math.round(sent / 1024)} KiB sent, nothing kept, the hub lives`
        : through.join(' ; '),
    trace: { alert: 'security_upload_refused' },
  };
}

async function* counted(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  for await (const block of body instanceof Uint8Array ? [body] : body) {
    count(block.length);
    yield block;
  }
}

/** Never ends by itself; so much at most, so that a hole ends the test and not the disk. */
async function* endless(most: number, fill = 'A'): AsyncIterable<Uint8Array> {
  const block = Buffer.alloc(256 * 1024, fill);
  for (let sent = 0; sent < most; sent += block.length) yield block;
}

const HASH = 'a'.repeat(64);
const MIB = 2 ** 20;
/** Of the sockets and streams of both ends. */
const IN_BUFFERS = 8 * MIB;
const text = { 'content-type': 'text/plain' };

export const uploadBomb: Attack = {
  id: 'upload-bomb',
  threat: 'upload-bomb',
  rule: 'SEC-8',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const title = `/titles/${await aTitle(target)}`;
    const edition = { ...text, 'x-content-sha256': HASH };
    return fire(target, [
      {
        name: 'endless poster',
        path: `${title}/poster`,
        headers: {},
        body: () => endless(64 * MIB),
        most: 20 * MIB + IN_BUFFERS,
      },
      {
        name: 'endless subtitles',
        path: `${title}/subtitles/en`,
        headers: {},
        body: () => endless(16 * MIB),
        most: 2 * MIB + IN_BUFFERS,
      },
      {
        name: 'endless JSON',
        path: '/members',
        headers: { 'content-type': 'application/json' },
        body: () => endless(16 * MIB, '['),
        most: 256 * 1024 + IN_BUFFERS,
      },
      {
        name: 'another hash than declared',
        path: `${title}/edition`,
        headers: edition,
        body: () => endless(8 * MIB),
      },
      {
        name: 'a program as text',
        path: `${title}/edition`,
        headers: edition,
        body: () => Buffer.from('7f454c4602010100', 'hex'),
      },
      {
        name: 'a length that is not kept',
        path: `${title}/edition`,
        headers: { ...edition, 'content-length': String(8 * MIB) },
        body: () => cutOff(),
      },
    ]);
  },
};

async function* cutOff(): AsyncIterable<Uint8Array> {
  yield Buffer.alloc(MIB, 'A');
  throw new Error('the attacker goes away');
}

/** A gigabyte of zeros in a megabyte, as a zip's member and as a packed body. */
const packed = (): Uint8Array => gzipSync(Buffer.alloc(64 * MIB));
const zip = (): Uint8Array =>
  Buffer.concat([Buffer.from('504b03041400000008000000', 'hex'), deflateSync(Buffer.alloc(64 * MIB))]);

export const zipBomb: Attack = {
  id: 'zip-bomb',
  threat: 'zip-bomb',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const title = `/titles/${await aTitle(target)}`;
    const gzip = { 'content-encoding': 'gzip' };
    const json = { 'content-type': 'application/json' };
    const edition = { 'x-content-sha256': HASH };
    return fire(target, [
      { name: 'packed JSON', path: '/members', headers: { ...json, ...gzip }, body: packed },
      { name: 'packed poster', path: `${title}/poster`, headers: gzip, body: packed },
      {
        name: 'packed edition',
        path: `${title}/edition`,
        headers: { ...text, ...edition, ...gzip },
        body: packed,
      },
      { name: 'zip as poster', path: `${title}/poster`, headers: {}, body: zip },
      { name: 'zip as subtitles', path: `${title}/subtitles/en`, headers: {}, body: zip },
      {
        name: 'zip as edition',
        path: `${title}/edition`,
        headers: { ...edition, 'content-type': 'application/zip' },
        body: zip,
      },
      { name: 'zip as text', path: `${title}/edition`, headers: { ...text, ...edition }, body: zip },
    ]);
  },
};

/** A PNG of 60,000 by 60,000 points: 14 GB unpacked, some bytes sent. */
function pngBomb(): Uint8Array {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(17);
  size.writeUInt32BE(60_000, 0);
  size.writeUInt32BE(60_000, 4);
  size.set([8, 6, 0, 0, 0], 8);
  // CRC of this IHDR; worked out once.
  size.writeUInt32BE(crc(Buffer.concat([Buffer.from('IHDR'), size.subarray(0, 13)])), 13);
  const data = deflateSync(Buffer.alloc(8 * MIB));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from('IDAT'), data]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc(body));
  return Buffer.concat([head, size, length, body, end, Buffer.from('0000000049454e44ae426082', 'hex')]);
}

function crc(bytes: Buffer): number {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"><script>alert(1)</script><image href="file:///etc/passwd"/></svg>`;
const gif = (): Uint8Array =>
  Buffer.from('474946383961ffffffff800000000000ffffff2c00000000ffffffff0002024401003b', 'hex');

export const imageBomb: Attack = {
  id: 'image-bomb',
  threat: 'image-bomb',
  rule: 'SEC-8',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const path = `/titles/${await aTitle(target)}/poster`;
    const webp = Buffer.from('524946462200000057454250565038580a00000010000000ffffffffffff', 'hex');
    const jpeg = Buffer.from('ffd8ffc0001108ffffffff03012200021101031101ffda', 'hex');
    return fire(target, [
      { name: 'PNG of 3.6 gigapixels', path, headers: {}, body: pngBomb },
      { name: 'GIF of 4 gigapixels', path, headers: {}, body: gif },
      { name: 'JPEG of 4 gigapixels', path, headers: {}, body: () => jpeg },
      { name: 'WebP of 281 terapixels', path, headers: {}, body: () => webp },
      { name: 'SVG with a script and a file', path, headers: {}, body: () => Buffer.from(SVG) },
      {
        name: 'AVIF',
        path,
        headers: {},
        body: () => Buffer.from('0000001c667479706176696600000000617669666d696631', 'hex'),
      },
    ]);
  },
};
