import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { CIPHER_CHUNK_BYTES, contentFile } from '#shared/media/layout.ts';
import { type Home, PLAINTEXT, PlayerStory } from '#test/support/player-home.ts';

/** What the player serves of a copy that is open, until it is damaged, pulled or gone. */
let story: PlayerStory;
let home: Home;
let medium: MemoryMedium;
beforeAll(async () => {
  story = await PlayerStory.open();
});
afterAll(() => story.close());
beforeEach(async () => {
  home = await story.aHome();
  medium = memoryMedium('stick');
});

describe('byte ranges', () => {
  const SIZE = PLAINTEXT.length;
  it.each([
    ['first bytes', 'bytes=0-99', 206, 0, 100],
    ['across a chunk', 'bytes=65530-65545', 206, 65_530, 65_546],
    ['open end', `bytes=${SIZE - 5}-`, 206, SIZE - 5, SIZE],
    ['suffix', 'bytes=-70000', 206, SIZE - 70_000, SIZE],
    ['suffix longer than the file', `bytes=-${SIZE * 2}`, 206, 0, SIZE],
    ['end beyond the end', `bytes=10-${SIZE * 2}`, 206, 10, SIZE],
    ['several ranges: the whole', 'bytes=0-1,5-6', 200, 0, SIZE],
    ['another unit: the whole', 'lines=0-1', 200, 0, SIZE],
    ['end before start: the whole', 'bytes=9-3', 200, 0, SIZE],
  ])('PLY-1: %s', async (_name, header, status, from, until) => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address, { headers: { Range: header } });
    expect(answer.status).toBe(status);
    if (status === 206)
      expect(answer.headers.get('content-range')).toBe(`bytes ${from}-${until - 1}/${SIZE}`);
    expect(answer.headers.get('content-length')).toBe(String(until - from));
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.equals(PLAINTEXT.subarray(from, until))).toBe(true);
  });

  it.each(['bytes=190000-', 'bytes=-0'])('PLY-1: %s cannot be satisfied', async (header) => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address, { headers: { Range: header } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${SIZE}`);
  });

  it('SEC-8: every other answer forbids framing, sniffing, foreign scripts and foreign readers', async () => {
    const answers = [
      await home.app.request('/api/shelf'),
      await home.app.request('/health'),
      await home.app.request('/nowhere'),
      await home.app.request('/content/no-such-token'),
      await home.app.request('/api/shelf', { headers: { host: 'evil.example' } }),
    ];
    for (const { status, headers } of answers) {
      expect(headers.get('content-security-policy'), String(status)).toContain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy'), String(status)).toContain("script-src 'self'");
      expect(Object.fromEntries(headers), String(status)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('SEC-8: content is never a page of the player’s own origin', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    const answer = await home.app.request(address);
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(answer.headers.get('content-security-policy')).not.toContain('allow-same-origin');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('damage and pulling', () => {
  it.each([0, 1, 2])(
    'MED-2: chunk %i is damaged: never a byte from it on, and the page says so',
    async (chunk) => {
      const copyId = await story.rented(medium);
      await home.at.drive.insert(medium);
      const opened = await home.open(copyId);
      const content = Buffer.from(medium.files.get(contentFile(copyId)) ?? []);
      const payload = content.length - (PLAINTEXT.length + 3 * 16);
      const place = payload + chunk * CIPHER_CHUNK_BYTES + 100;
      content[place] = (content[place] ?? 0) ^ 1;
      medium.files.set(contentFile(copyId), content);
      const got = await readUntilBroken(await home.app.request(opened.address));
      expect(got.broken).toBe(true);
      expect(got.bytes.length).toBeLessThanOrEqual(chunk * 65_536);
      expect(got.bytes.equals(PLAINTEXT.subarray(0, got.bytes.length))).toBe(true);
      expect((await home.shelf()).trouble).toMatchObject({ copyId });
      // What lies before the damage still plays.
      if (chunk > 0) {
        const before = await home.app.request(opened.address, { headers: { Range: 'bytes=0-65535' } });
        expect(Buffer.from(await before.arrayBuffer()).equals(PLAINTEXT.subarray(0, 65_536))).toBe(true);
      }
    },
  );

  it('MED-2: a copy whose end was cut off does not open', async () => {
    const copyId = await story.rented(medium);
    const content = medium.files.get(contentFile(copyId)) ?? new Uint8Array();
    medium.files.set(contentFile(copyId), content.slice(0, content.length - CIPHER_CHUNK_BYTES));
    await home.at.drive.insert(medium);
    expect(await home.open(copyId)).toMatchObject({ status: 409, code: 'copy_damaged' });
  });

  it('PLY-1, OPS-1: however often copies are opened while the medium stays in, only the latest stay open; what is watched stays', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const status = async (address: string): Promise<number> =>
      (await home.app.request(address, { headers: { Range: 'bytes=0-9' } })).status;
    const [first, watched] = [(await home.open(copyId)).address, (await home.open(copyId)).address];
    for (let more = 0; more < 20; more += 1) {
      await home.open(copyId);
      expect(await status(watched)).toBe(206);
    }
    expect(await status(first)).toBe(410);
  });

  it('PLY-1: an address dies with the medium, also when the same medium comes back', async () => {
    const copyId = await story.rented(medium);
    await home.at.drive.insert(medium);
    const { address } = await home.open(copyId);
    home.at.drive.pull();
    expect((await home.app.request(address)).status).toBe(410);
    expect(await home.open(copyId)).toMatchObject({ code: 'medium_missing' });
    await home.at.drive.insert(medium);
    expect((await home.app.request(address)).status).toBe(410);
    expect((await home.app.request('/content/guessed')).status).toBe(410);
  });

  it('PLY-1: malformed requests are refused with a code', async () => {
    await home.at.drive.insert(medium);
    expect((await home.app.request('/api/copies/nothing/open', { method: 'POST' })).status).toBe(404);
    const copyId = '019b7800-0000-7000-8000-000000000001';
    const post = (body: string) =>
      home.app.request(`/api/copies/${copyId}/position`, { method: 'POST', body });
    expect((await post('{"seconds":-1}')).status).toBe(400);
    expect((await post('{"seconds":12}')).status).toBe(204);
    expect((await post('x'.repeat(5000))).status).toBe(413);
  });
});

async function readUntilBroken(answer: Response): Promise<{ bytes: Buffer; broken: boolean }> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
    return { bytes: Buffer.concat(pieces), broken: false };
  } catch {
    return { bytes: Buffer.concat(pieces), broken: true };
  }
}
