import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { ScreenAgent } from '#firmware-sim/story/screen-agent.ts';
import { titleView } from '#hub/http/contract/catalogue.ts';
import { enrolCodeAnswer } from '#hub/http/contract/fleet.ts';
import type { ReturnIntent, ReturnSnapshot } from '#return-terminal/app/session/contract.ts';
import { createReturnTerminal } from '#return-terminal/return-terminal.ts';
import { mqttLink } from '#shared/edge/drivers/mqtt-link.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import { type Cable, openTerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import type { TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs, milliseconds } from '#shared/kernel/time.ts';
import { decodeAck } from '#shared/protocol/decode.ts';
import { LIMITS } from '#shared/protocol/limits.ts';
import { downTopic, upTopic } from '#shared/protocol/topics.ts';
import { happens, type LiveFleet, startLiveFleet } from '#test/support/live-fleet.ts';
import { secureFetch } from '#test/support/secure-fetch.ts';

const DAY = 86_400_000;
let fleet: LiveFleet;
let title: TitleId;
beforeAll(async () => {
  fleet = await startLiveFleet();
  title = await fleet.title('Lighthouse');
});
afterEach(() => fleet.tidy());
afterAll(() => fleet?.stop());

async function parts(
  terminalId: TerminalId,
  role: 'kiosk' | 'return-terminal',
  slow = 0,
  first = true,
  cable?: Cable,
) {
  const wanted = { terminalId, role, siteId: fleet.siteId, name: terminalId, approvedBeforehand: true };
  const { clock } = fleet.own;
  const opened = await openTerminalParts({
    role,
    terminalId,
    home: join(fleet.folder, terminalId),
    hubUrl: fleet.own.terminalsUrl,
    mqttUrl: null,
    ...(cable === undefined ? {} : { cable }),
    enrolmentCode: first ? (await fleet.staff.post('/enrolment-codes', wanted, enrolCodeAnswer)).code : null,
    software: 'keyturn-test',
    logLevel: 'silent',
    cacheBytes: 2 ** 30,
    clock: { ...clock, now: () => epochMs(clock.now() - slow) },
  });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

interface Answered {
  readonly status: number;
  readonly body: string;
}

/** A request as raw as a test needs it: any headers, a body that ends early. */
function raw(
  url: string,
  options: { readonly headers: Record<string, string>; readonly body: Buffer; readonly cut?: true },
): Promise<Answered | null> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', headers: options.headers }, (answer) => {
      let body = '';
      answer.on('data', (piece: Buffer) => {
        body += String(piece);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', () => resolve(null));
    });
    sent.on('error', () => resolve(null));
    sent.write(options.body, () => {
      if (options.cut === true) sent.destroy();
      else sent.end();
    });
  });
}

describe('uploads', () => {
  async function upload(to: TitleId, body: Buffer, declared: string, cut?: true): Promise<Answered | null> {
    const signed = await fetch(`${fleet.own.hubUrl}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: 'story-of-one-rental' }),
    });
    const cookie = (signed.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const headers = {
      Cookie: cookie,
      'Content-Type': 'text/plain',
      'Content-Length': String(cut === true ? body.length * 2 : body.length),
      'X-Content-SHA256': declared,
    };
    return raw(`${fleet.own.hubUrl}/api/v1/titles/${to}/edition`, {
      headers,
      body,
      ...(cut === undefined ? {} : { cut }),
    });
  }
  const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

  it('CNT-1, SEC-8: cut off or not what its hash says: refused with a code, the title keeps the edition it had', async () => {
    const target = await fleet.title('Uploaded anew', { away: true });
    const before = await fleet.staff.get(`/titles/${target}`, titleView);
    const body = Buffer.alloc(300_000, 'another film');
    const wrong = await upload(target, body, sha(Buffer.from('something else')));
    expect(wrong?.status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(wrong?.body ?? '{}')).toMatchObject({
      code: expect.stringMatching(/hash|sha256|digest/),
    });
    await upload(target, body, sha(body), true);
    const after = await fleet.staff.get(`/titles/${target}`, titleView);
    expect(after.edition).toEqual(before.edition);
    const whole = await upload(target, body, sha(body));
    expect(whole?.status).toBe(200);
  });
});

describe('HTTP', () => {
  it('SEC-8: oversized and malformed bodies at the kiosk’s own page are refused; the session stays as it is', async () => {
    const address = `${fleet.own.kiosk.address()}/session/intents`;
    const headers = { 'Content-Type': 'application/json', Origin: fleet.own.kiosk.address() };
    const before = await fleet.kiosk.snapshot();
    for (const [body, status] of [
      ['{"type":"touch"', 400],
      ['{"type":"open_safe"}', 400],
      [JSON.stringify({ type: 'search', query: 'x'.repeat(100_000), kind: null, genre: null }), 413],
    ] as const) {
      const answer = await fetch(address, { method: 'POST', headers, body });
      expect(answer.status, body.slice(0, 40)).toBe(status);
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/) });
    }
    expect((await fleet.kiosk.snapshot()).view.screen).toBe(before.view.screen);
  });

  it('SEC-8: a page of another origin cannot press the kiosk’s buttons', async () => {
    const answer = await fetch(`${fleet.own.kiosk.address()}/session/intents`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: 'http://evil.example' },
      body: '{"type":"touch"}',
    });
    expect(answer.status).toBe(403);
  });

  it('SEC-8: oversized and malformed questions at the hub are refused with a code, before anybody asks who it was', async () => {
    const base = `${fleet.own.terminalsUrl}/terminal/v1`;
    const { trust } = fleet.own.hub.inside();
    const nobody = { trust, clock: fleet.own.clock, identity: null };
    for (const body of ['{', JSON.stringify({ pad: 'x'.repeat(LIMITS.httpBodyBytes + 1) })]) {
      const answer = await secureFetch(`${base}/returns/open`, nobody, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      });
      expect([400, 401, 413]).toContain(answer.status);
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/) });
    }
  });
});

describe('MQTT', () => {
  it('SYN-2, SEC-8: a newer protocol version, malformed and oversized messages: a named rejection, and the same terminal is heard again', async () => {
    const { identity } = await parts('wire-kiosk' as TerminalId, 'kiosk');
    const { terminalId } = identity;
    const link = mqttLink({
      url: identity.mqttUrl,
      trust: identity.trust,
      identity: () => identity.tls,
      clock: fleet.own.clock,
    });
    const rejections: string[] = [];
    link.onMessage(({ topic, payload }) => {
      if (topic !== downTopic(terminalId, 'ack')) return;
      const ack = decodeAck(payload);
      if (ack.ok && 'rejection' in ack.value && ack.value.rejection !== null)
        rejections.push(JSON.stringify(ack.value.rejection));
    });
    const connect = () =>
      link.connect({
        clientId: terminalId,
        subscriptions: [downTopic(terminalId, 'ack')],
      });
    expect((await connect()).ok).toBe(true);
    const newer = { version: { major: 9, minor: 0 }, terminal: terminalId, events: [] };
    await link.publish(upTopic(terminalId, 'up'), Buffer.from(JSON.stringify(newer)));
    await happens('the newer version to be refused', () =>
      rejections.some((one) => one.includes('version_too_new')),
    );
    await link.publish(upTopic(terminalId, 'up'), Buffer.from('{"version":{"major":1,"minor":0},"half'));
    await happens('the malformed one to be refused', () =>
      rejections.some((one) => one.includes('malformed')),
    );
    const huge = await link.publish(upTopic(terminalId, 'up'), Buffer.alloc(LIMITS.packetBytes + 1, 0x20));
    expect(huge).toMatchObject({ ok: false, error: { code: 'link_packet_too_large' } });
    await link.close();
    expect(await fleet.balanced()).toBe(true);
    const member = await fleet.member(1000);
    const done = await fleet.rent(fleet.stick(), member, [title]);
    expect(done.lines[0]?.state).toBe('written');
  });
});

describe('a terminal whose clock is two days slow', () => {
  function terminalOf(made: Awaited<ReturnType<typeof parts>>) {
    const { clock } = fleet.own;
    const drive = createSimulatedDrive({ name: 'off', clock, random: systemRandom });
    const card = new SimulatedCardReader({ clock, answerAfter: milliseconds(0) });
    const terminal = createReturnTerminal({
      terminal: made,
      drive,
      card,
      printer: new SimulatedPrinter(),
      door: new SimulatedSlotDoor(),
      port: 0,
      uiFolder: join(fleet.folder, 'no-page'),
      restart: () => {},
    });
    return { drive, card, terminal };
  }

  it('SYN-4: with contact the hub’s time counts; without any since its start, what is uncertain is decided for the customer', async () => {
    const member = await fleet.member(5000);
    const stick = fleet.stick();
    await fleet.rent(stick, member, [title]);
    const off = terminalOf(await parts('slow-clock' as TerminalId, 'return-terminal', 2 * DAY));
    await off.terminal.start();
    await happens('the terminal to be online', () => off.terminal.runtime.online());
    await fleet.pass(4 * DAY);
    await fleet.online();
    await happens('the terminal to be online', () => off.terminal.runtime.online());
    const screen = new ScreenAgent<ReturnSnapshot, ReturnIntent>('slow terminal', off.terminal.address());
    await off.drive.insert(folderMedium(stick, fleet.own.mediumFolder(stick)));
    const seen = await fleet.read(screen);
    const total = seen.lines[0]?.total?.minor ?? 0;
    expect(total).toBeGreaterThan(400);
    await fleet.giveBack(screen);
    await happens(
      'the rental to be closed',
      async () => (await fleet.onlyRental(member)).status === 'closed',
    );
    const rental = await fleet.onlyRental(member);
    expect(rental.charge.minor).toBe(total);
    const t0 = rental.returns[0]?.t0 ?? 0;
    expect(Math.abs(t0 - fleet.own.clock.now())).toBeLessThan(60_000);
    off.drive.pull();
    await off.terminal.stop();

    // The same terminal again, after a power cut and without the network: nobody can tell it the time (SYN-4).
    const other = await fleet.member(0);
    const second = fleet.stick();
    await fleet.rent(second, other, [title]);
    await fleet.settled();
    await fleet.pass(4 * DAY);
    await fleet.online();
    const { createNetworkCable } = await import('#firmware-sim/demo/network.ts');
    const cable = createNetworkCable();
    cable.setCut(true);
    const lost = terminalOf(
      await parts('slow-clock' as TerminalId, 'return-terminal', 2 * DAY, false, cable),
    );
    await lost.terminal.start();
    const alone = new ScreenAgent<ReturnSnapshot, ReturnIntent>('lost terminal', lost.terminal.address());
    await lost.drive.insert(folderMedium(second, fleet.own.mediumFolder(second)));
    const provisional = await fleet.read(alone);
    const asked = provisional.lines[0]?.total?.minor ?? 0;
    await fleet.giveBack(alone);
    cable.setCut(false);
    await happens('the rental to be closed', async () => (await fleet.onlyRental(other)).status === 'closed');
    const closed = await fleet.onlyRental(other);
    // Two days too early by its own clock: the customer pays what was asked there, never more.
    expect(asked).toBe(400);
    expect(closed.charge.minor).toBeGreaterThanOrEqual(asked);
    expect((await fleet.about(other)).amountDue.minor).toBe(0);
    expect(lost.card.inspect().reduce((sum, one) => sum + one.captured, 0)).toBe(400);
    expect(await fleet.balanced()).toBe(true);
    lost.drive.pull();
    await lost.terminal.stop();
  });
});
