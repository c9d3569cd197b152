import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editionObject } from '#hub/app/content/object-names.ts';
import type { EditionId } from '#shared/kernel/ids.ts';
import { bundle } from '#shared/protocol/terminal-api.ts';
import { PASSWORD, startTestHub, TARIFF, type TestHub, type TestTerminal } from './hub-harness.ts';

const content = Buffer.concat([
  Buffer.from('1a45dfa3', 'hex'),
  Buffer.alloc(2_499_996, 'The whole film, once. '),
]);
const sha256 = createHash('sha256').update(content).digest('hex');

describe('hub over HTTP: staff, content, document', () => {
  let hub: TestHub;
  let kiosk: TestTerminal;
  beforeAll(async () => {
    hub = await startTestHub();
    kiosk = await hub.terminal('kiosk', 'kiosk-one');
    expect((await hub.signInStaff()).status).toBe(200);
  });
  afterAll(() => hub.close());

  const problemOf = async (answer: Response): Promise<unknown> => {
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    return ((await answer.json()) as { code: string }).code;
  };

  it('OPS-1: health and readiness answer anybody', async () => {
    expect(await (await fetch(hub.url('/health'))).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(hub.url('/ready'))).json()).toEqual({ status: 'ready' });
    expect(await (await fetch(hub.url('/fleet/root.pem'))).text()).toContain('BEGIN CERTIFICATE');
  });

  it('SEC-7: without a session nothing is answered; a foreign page changes nothing', async () => {
    const outside = await fetch(hub.url('/api/v1/overview'));
    expect(outside.status).toBe(401);
    expect(await problemOf(outside)).toBe('staff_signed_out');
    const headers = { origin: 'https://evil.example' };
    const foreign = await hub.staff('/sites', { method: 'POST', body: '{}', headers });
    expect(foreign.status).toBe(403);
    expect(await problemOf(foreign)).toBe('origin_foreign');
  });

  it('SEC-7: guessing passwords is slowed down by account, and a forged cookie is nobody', async () => {
    const guess = async () => (await problemOf(await hub.signInStaff('nobody', 'wrong'))) as string;
    const answers = [];
    for (let time = 0; time < 9; time += 1) answers.push(await guess());
    expect(answers.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'staff_unknown'));
    expect(answers[8]).toBe('staff_locked');
    const forged = { headers: { cookie: 'keyturn_staff=v1.someone.99999999999999.AAAA.AAAA' } };
    expect((await fetch(hub.url('/api/v1/overview'), forged)).status).toBe(401);
  });

  it('FLT-1: the OpenAPI document is whole: every operation has an answer and every reference exists', async () => {
    const document = (await (await hub.staff('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: Record<string, unknown>; summary: string }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(35);
    for (const { responses, summary } of operations) {
      expect(Object.keys(responses).some((status) => status === '200' || status === '204')).toBe(true);
      expect(summary.length).toBeGreaterThan(5);
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name);
  });

  it('SEC-8: a body that is not what the contract says is refused with the place of the mistake', async () => {
    const answer = await hub.staff('/tariffs/preview', {
      method: 'POST',
      body: JSON.stringify({ days: 'many' }),
    });
    expect(answer.status).toBe(400);
    const problem = (await answer.json()) as { code: string; details: { issues: { path: string }[] } };
    expect(problem.code).toBe('request_malformed');
    expect(problem.details.issues.map(({ path }) => path)).toContain('body.days');
    const large = await hub.staff('/members', { method: 'POST', body: `"${'x'.repeat(300_000)}"` });
    expect(large.status).toBe(413);
    expect(await problemOf(large)).toBe('body_too_large');
  });

  it('SEC-8: a running time that no column holds is refused as a mistake of the asker', async () => {
    const titleId = await newTitle();
    const change = (runtimeSeconds: number) =>
      hub.staff(`/titles/${titleId}`, { method: 'PATCH', body: JSON.stringify({ runtimeSeconds }) });
    expect((await change(1_000_000)).status).toBe(200);
    for (const tooLong of [1_000_001, 2 ** 31, 8_640_000_000_000_001])
      expect(await problemOf(await change(tooLong))).toBe('request_malformed');
  });

  const newTitle = async (): Promise<string> => {
    const titleId = await hub.title();
    return titleId;
  };
  const upload = (titleId: string, body: Buffer, headers: Record<string, string>) =>
    hub.staff(`/titles/${titleId}/edition`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'content-type': 'video/webm', ...headers },
    });

  it('CNT-1: an uploaded edition is served by range, resumed by its hash, with chunk hashes that hold', async () => {
    const titleId = await newTitle();
    const answer = await upload(titleId, content, { 'x-content-sha256': sha256 });
    expect(answer.status).toBe(200);
    const { editionId } = (await answer.json()) as { editionId: EditionId };
    const get = (path: string, headers: Record<string, string> = {}) =>
      hub.atTerminals(kiosk, `/editions/${editionId}${path}`, { headers });
    const manifest = (await (await get('/manifest')).json()) as {
      chunks: string[];
      chunkBytes: number;
      sha256: string;
    };
    expect(manifest.sha256).toBe(sha256);
    const parts: Buffer[] = [];
    for (const [index, hash] of manifest.chunks.entries()) {
      const from = index * manifest.chunkBytes;
      const until = Math.min(from + manifest.chunkBytes, content.length);
      const part = await get('/content', { range: `bytes=${from}-${until - 1}` });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${until - 1}/${content.length}`);
      const bytes = Buffer.from(await part.arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash);
      parts.push(bytes);
    }
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    const whole = await get('/content', { range: 'bytes=5-', 'if-range': '"another"' });
    expect(whole.status).toBe(200);
    const beyond = await get('/content', { range: `bytes=${content.length}-` });
    expect(beyond.status).toBe(416);
    expect((await hub.atTerminals(null, `/editions/${editionId}/content`)).status).toBe(401);
    // The door of staff and customers knows no terminals.
    expect((await fetch(hub.url(`/terminal/v1/editions/${editionId}/content`))).status).toBe(404);
  });

  it('SEC-8: an upload with a wrong hash, without one, or cut off leaves nothing and the old edition stays', async () => {
    const titleId = await newTitle();
    const before = (
      (await (await hub.staff(`/titles/${titleId}`)).json()) as { edition: { editionId: string } }
    ).edition;
    const objects = await countEditions(hub);
    const wrong = await upload(titleId, content, { 'x-content-sha256': '0'.repeat(64) });
    expect(wrong.status).toBe(422);
    expect(await problemOf(wrong)).toBe('object_hash_mismatch');
    expect(await problemOf(await upload(titleId, content, {}))).toBe('hash_missing');
    await cutOff(hub, titleId);
    const after = ((await (await hub.staff(`/titles/${titleId}`)).json()) as { edition: unknown }).edition;
    expect(after).toEqual(before);
    expect(await countEditions(hub)).toBe(objects);
  });

  it('SEC-8: a path in the place of an id reaches no file', async () => {
    for (const path of [
      '/editions/..%2f..%2fsecret/content',
      '/assets/..%2f..%2fsecret',
      '/editions/%00/manifest',
    ]) {
      const answer = await hub.atTerminals(kiosk, path);
      expect(answer.status).toBe(404);
    }
    expect((await fetch(hub.url('/r/..%2f..%2fhub%2fsecret'))).status).toBe(404);
  });

  it('CNT-1: the bundle is whole, has an ETag, and is not sent twice', async () => {
    const first = await hub.atTerminals(kiosk, '/bundle');
    const read = bundle.parse(await first.json());
    expect(read.titles.length).toBeGreaterThan(0);
    expect(read.allotment?.validUntil).toBeGreaterThan(hub.clock.now());
    const etag = first.headers.get('etag') ?? '';
    const again = await hub.atTerminals(kiosk, '/bundle', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  it('CHG-4: a second version of a tariff, a preview of its curve, and a wrong one with all its mistakes', async () => {
    const post = (path: string, body: unknown) =>
      hub.staff(path, { method: 'POST', body: JSON.stringify(body) });
    const next = await post('/tariffs', {
      tariffId: hub.tariff.tariffId,
      tariff: { ...TARIFF, firstPrice: 450 },
    });
    expect(await next.json()).toMatchObject({ version: 2, firstPrice: 450 });
    const wrong = await post('/tariffs', { tariff: { ...TARIFF, firstPrice: -1, taxBasisPoints: 'much' } });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ code: 'tariff_invalid' });
    const tariff = { ...TARIFF, tariffId: hub.tariff.tariffId, version: 1 };
    const curve = await post('/tariffs/preview', { tariff, siteId: hub.siteId, days: 5 });
    const { points } = (await curve.json()) as { points: { total: { minor: number } }[] };
    expect(points.map(({ total }) => total.minor)).toEqual([400, 400, 550, 700, 850]);
  });

  it('SEC-1, SEC-2: without a certificate nobody is a terminal, whatever he says he is', async () => {
    const used = await hub.terminal('return-terminal', 'return-one');
    expect(used.signer.role).toBe('return-terminal');
    const claims = [`Basic ${Buffer.from('kiosk-one:secret').toString('base64')}`, 'Bearer x', ''];
    for (const authorization of claims) {
      const answer = await hub.atTerminals(null, '/bundle', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await problemOf(answer)).toBe('terminal_unknown');
    }
  });

  it('SEC-7: what staff did stands in the audit, and its chain is whole', async () => {
    const audit = (await (await hub.staff('/audit?limit=200')).json()) as {
      items: { action: string; actor: string }[];
      firstBroken: number | null;
    };
    expect(audit.firstBroken).toBeNull();
    expect(audit.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['staff.signed_in', 'tariff.added', 'edition.uploaded']),
    );
  });

  it('SEC-7: after signing out the session is over', async () => {
    expect((await hub.staff('/session', { method: 'DELETE' })).status).toBe(204);
    expect((await hub.staff('/overview')).status).toBe(401);
    expect((await hub.signInStaff('admin', PASSWORD)).status).toBe(200);
  });
});

const countEditions = async (hub: TestHub): Promise<number> => {
  const { db, objects } = hub.hub.inside();
  const rows = await db.stores.editions.list({}, { limit: 1000 });
  for (const { editionId } of rows) expect(await objects.stat(editionObject(editionId))).not.toBeNull();
  return rows.length;
};

/** Announces more than it sends and goes away: what a browser that is closed while uploading looks like. */
async function cutOff(hub: TestHub, titleId: string): Promise<void> {
  const cookie = hub.cookie();
  await new Promise<void>((resolve) => {
    const sending = request(hub.url(`/api/v1/titles/${titleId}/edition`), {
      method: 'POST',
      headers: {
        cookie,
        'content-type': 'video/webm',
        'content-length': String(content.length),
        'x-content-sha256': sha256,
      },
    });
    sending.on('error', () => resolve());
    sending.on('close', () => resolve());
    sending.write(content.subarray(0, 300_000), () => sending.destroy());
  });
}
