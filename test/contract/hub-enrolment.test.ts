import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { revokeTerminal } from '#hub/app/enrolment/revocation.ts';
import { revocationList } from '#hub/app/enrolment/revocation-list.ts';
import { makeBundle } from '#hub/app/fleet/bundle.ts';
import { enrolCodeAnswer, terminalDetail } from '#hub/http/contract/fleet.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { openTerminalParts, type TerminalParts } from '#shared/edge/drivers/terminal-parts.ts';
import { keyPrintOf } from '#shared/edge/enrolment.ts';
import { createRenewal } from '#shared/edge/renewal.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr } from '#shared/media/device-key.ts';
import { readRevocationList, revokedBy } from '#shared/media/revocation-list.ts';
import { signJws, verifyJws, withRevocations } from '#shared/media/signing.ts';
import { silentLog } from '#shared/ports/log.ts';
import { enrolAnswer } from '#shared/protocol/terminal-api.ts';
import { startTestHub, type TestHub } from './hub-harness.ts';

const HOUR = 3_600_000;
const json = { 'content-type': 'application/json' };

describe('enrolment at the hub', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub();
    await hub.signInStaff();
  });
  afterAll(() => hub.close());

  const codeFor = async (terminalId: string, more: object = {}) => {
    const body = JSON.stringify({
      ...{ terminalId, role: 'kiosk', siteId: hub.siteId, name: terminalId },
      ...more,
    });
    const answer = await hub.staff('/enrolment-codes', { method: 'POST', body });
    return enrolCodeAnswer.parse(await answer.json()).code;
  };
  const request = async (code: string, certificateRequest: string, hardwareSerial = '') => {
    const body = JSON.stringify({ code, certificateRequest, software: 'test', hardwareSerial });
    const answer = await hub.atTerminals(null, '/enrol', { method: 'POST', headers: json, body });
    return (await answer.json()) as { pending?: true; code?: string };
  };
  const decide = (terminalId: string, word: 'approve' | 'refuse') =>
    hub.staff(`/terminals/${terminalId}/${word}`, { method: 'POST', body: '{}' });
  const detail = async (terminalId: string) =>
    terminalDetail.parse(await (await hub.staff(`/terminals/${terminalId}`)).json());
  const row = async (terminalId: TerminalId) => {
    const found = await hub.hub.inside().db.stores.terminals.find({ terminalId });
    if (found === null) throw new Error('no such terminal');
    return found;
  };
  const alerts = async (code: string) => {
    const { items } = (await (await hub.staff('/alerts')).json()) as {
      items: { code: string; subject: string }[];
    };
    return items.filter((one) => one.code === code).map(({ subject }) => subject);
  };

  it('PR-23 SEC-1: a terminal waits until staff approved it, having compared its key; then it collects, as often as it has to', async () => {
    const code = await codeFor('kiosk-new');
    const { csrPem, privateKeyPem } = await createDeviceKeyAndCsr('kiosk-new');
    for (let asked = 0; asked < 2; asked += 1)
      expect(await request(code, csrPem)).toMatchObject({ pending: true, retryAfterSeconds: 3 });
    expect(await detail('kiosk-new')).toMatchObject({
      state: 'enrolling',
      certificate: { fingerprint: null },
      enrolment: { keyPrint: keyPrintOf(privateKeyPem), software: 'test' },
    });
    expect(await alerts('enrolment_pending')).toEqual(['kiosk-new']);
    // Whoever saw the code cannot have its certificate: it serves the first request alone.
    const thief = await createDeviceKeyAndCsr('kiosk-new');
    expect((await request(code, thief.csrPem)).code).toBe('enrolment_code_used');
    expect(await alerts('security_enrolment_refused')).toEqual(['kiosk-new']);
    expect((await decide('kiosk-new', 'approve')).status).toBe(204);
    expect(await alerts('enrolment_pending')).toEqual([]);
    expect((await request(code, thief.csrPem)).code).toBe('enrolment_code_used');
    const first = enrolAnswer.parse(await request(code, csrPem));
    const again = enrolAnswer.parse(await request(code, csrPem));
    expect(again.certificateChain).toEqual(first.certificateChain);
    const { stores } = hub.hub.inside().db;
    expect(await stores.certificates.count({ terminalId: 'kiosk-new' as TerminalId })).toBe(1);
    expect((await decide('kiosk-new', 'approve')).status).toBe(404);
    const trail = (await stores.audit.list({ limit: 50 })).filter(({ subject }) => subject === 'kiosk-new');
    expect(trail.map(({ action }) => action).reverse()).toEqual([
      'terminal.code_issued',
      'terminal.enrolment_asked',
      'terminal.enrolment_approved',
      'terminal.enrolled',
    ]);
  });

  it('SEC-1: a code is bound to its machine, its name and its time, and staff may refuse', async () => {
    const code = await codeFor('kiosk-plate', { hardwareSerial: 'SN-77' });
    const { csrPem } = await createDeviceKeyAndCsr('kiosk-plate');
    expect((await request(code, csrPem, 'SN-78')).code).toBe('enrolment_serial_mismatch');
    const other = await createDeviceKeyAndCsr('kiosk-other');
    expect((await request(code, other.csrPem, 'SN-77')).code).toBe('request_name_mismatch');
    expect(await request(code, csrPem, 'SN-77')).toMatchObject({ pending: true });
    expect((await decide('kiosk-plate', 'refuse')).status).toBe(204);
    expect((await request(code, csrPem, 'SN-77')).code).toBe('enrolment_refused');

    const old = await codeFor('kiosk-plate');
    const newer = await codeFor('kiosk-plate');
    expect((await request(old, csrPem)).code).toBe('enrolment_code_expired');
    const { stores } = hub.hub.inside().db;
    const [fresh] = await stores.enrolmentCodes.list(
      { terminalId: 'kiosk-plate' as TerminalId, approved: null },
      { limit: 5 },
    );
    expect(fresh?.expiresAt).toBe(hub.clock.now() + 24 * HOUR);
    await stores.enrolmentCodes.patch({ codeHash: fresh?.codeHash ?? '' }, { expiresAt: hub.clock.now() });
    expect((await request(newer, csrPem)).code).toBe('enrolment_code_expired');
    const hubs = await hub.staff('/enrolment-codes', {
      method: 'POST',
      body: JSON.stringify({ terminalId: 'hub', role: 'kiosk', siteId: hub.siteId, name: 'x' }),
    });
    expect(((await hubs.json()) as { code: string }).code).toBe('terminal_name_reserved');
  });

  it('SEC-1: a revoked terminal is out at once and for good, whoever trusts the fleet hears of it, and the reason stands in the trail', async () => {
    const inside = hub.hub.inside();
    const [bad, good] = [
      await hub.terminal('kiosk', 'kiosk-stolen'),
      await hub.terminal('kiosk', 'kiosk-good'),
    ];
    const fingerprint = createHash('sha256')
      .update(bad.signer.certificateChain[0] ?? '')
      .digest('hex');
    expect((await inside.gate.admitCertificate(fingerprint, hub.clock.now())).ok).toBe(true);
    const dropped: string[] = [];
    const stop = inside.gate.onRevoked((terminalId) => dropped.push(terminalId));
    const before = await signJws('keyturn-quote', {}, bad.signer, hub.clock.now());
    await hub.clock.advance(1000);
    const body = JSON.stringify({ reason: 'stolen from the shop' });
    expect((await hub.staff('/terminals/kiosk-stolen/revoke', { method: 'POST', body })).status).toBe(204);
    stop();
    expect(dropped).toEqual(['kiosk-stolen']);
    expect(await inside.gate.admitCertificate(fingerprint, hub.clock.now())).toMatchObject({
      error: { code: 'terminal_revoked' },
    });
    expect(await alerts('security_terminal_revoked')).toEqual(['kiosk-stolen']);
    const told = await makeBundle(inside, await row(good.terminalId));
    expect(told.revoked).toEqual([{ terminalId: 'kiosk-stolen', fingerprint, revokedAt: hub.clock.now() }]);
    const forPlayers = await readRevocationList(told.revocationList ?? '', inside.trust);
    expect(forPlayers.ok && revokedBy(forPlayers.value)(fingerprint)).toBe(hub.clock.now());
    const trust = withRevocations(
      inside.trust,
      (one) => told.revoked.find((known) => known.fingerprint === one)?.revokedAt ?? null,
    );
    const after = await signJws('keyturn-quote', {}, bad.signer, hub.clock.now());
    const verdict = async (jws: string) => {
      const verified = await verifyJws(jws, trust, {
        ...({ type: 'keyturn-quote', roles: ['kiosk'], schema: z.object({}) } as const),
        ...({ validAt: 'signed-at', maxBytes: 9000 } as const),
      });
      return verified.ok ? 'good' : verified.error.code;
    };
    expect([await verdict(before), await verdict(after)]).toEqual(['good', 'certificate_revoked']);
    // Signed once for all hubs; a later one is later, however the clock is turned.
    hub.clock.jump(epochMs(hub.clock.now() - 60_000));
    expect(await revocationList(inside)).toBe(told.revocationList);
    await revokeTerminal(inside, 'hub', good.terminalId, 'shop closed');
    const next = await readRevocationList((await revocationList(inside)) ?? '', inside.trust);
    if (!next.ok || !forPlayers.ok) throw new Error('both are lists');
    expect(next.value.revoked).toHaveLength(2);
    expect(next.value.madeAt).toBe(forPlayers.value.madeAt + 1);
    hub.clock.jump(epochMs(hub.clock.now() + 60_000));
    const entry = (await inside.db.stores.audit.list({ limit: 9 })).find(
      (one) => one.subject === 'kiosk-stolen',
    );
    expect(entry).toMatchObject({
      action: 'terminal.revoked',
      subject: 'kiosk-stolen',
      detail: { reason: 'stolen from the shop', certificates: 1 },
    });
    expect(await detail('kiosk-stolen')).toMatchObject({ state: 'revoked' });
    await expect(
      inside.db.stores.certificates.patch({ fingerprint }, { state: 'active', revokedAt: null }),
    ).rejects.toThrow();
  });

  it('SEC-1, SYN-1: a terminal that enrols again keeps its outbox; a code that is worth nothing changes nothing', async () => {
    const home = `${hub.home}/kiosk-again`;
    const notices: string[] = [];
    const open = async (enrolmentCode: string | null) => {
      const parts = await openTerminalParts({
        role: 'kiosk',
        terminalId: 'kiosk-again' as TerminalId,
        home,
        hubUrl: hub.hub.addresses().terminals,
        clock: { ...systemClock, now: hub.clock.now },
        mqttUrl: null,
        enrolmentCode,
        onEnrolment: (notice) => {
          notices.push(notice.kind === 'kept' ? notice.fault.code : notice.kind);
          if (notice.kind === 'waiting') void decide('kiosk-again', 'approve');
        },
        software: 'test',
        logLevel: 'silent',
        cacheBytes: 2 ** 20,
      });
      if (!parts.ok) throw new Error(`${parts.error.code}: ${parts.error.message}`);
      return parts.value;
    };
    const first = await codeFor('kiosk-again');
    const before = await open(first);
    const epoch = before.store.epoch();
    before.store.close();
    expect(notices).toEqual(['waiting']);
    const same = await open(first);
    same.store.close();
    expect(same.identity.signer.certificateChain).toEqual(before.identity.signer.certificateChain);

    const after = await open(await codeFor('kiosk-again', { again: true, approvedBeforehand: true }));
    expect(after.store.epoch()).toBe(epoch);
    after.store.close();
    expect(after.identity.signer.certificateChain).not.toEqual(before.identity.signer.certificateChain);
    const kept = await open(first);
    kept.store.close();
    expect(notices).toEqual(['waiting', 'enrolment_code_used']);
    expect(kept.identity.signer.certificateChain).toEqual(after.identity.signer.certificateChain);
  });

  it('PR-23 SEC-1: a renewal survives a stop after every step, and the former certificate is good until the new one connected', async () => {
    const terminalId = 'kiosk-renews' as TerminalId;
    const enrolmentCode = await codeFor(terminalId, { approvedBeforehand: true });
    let open: TerminalParts | null = null;
    const restarted = async (): Promise<TerminalParts> => {
      open?.store.close();
      const parts = await openTerminalParts({
        ...({ role: 'kiosk', terminalId, home: `${hub.home}/${terminalId}`, enrolmentCode } as const),
        ...({ hubUrl: hub.hub.addresses().terminals, mqttUrl: null, clock: hub.clock } as const),
        ...({ software: 'test', logLevel: 'silent', cacheBytes: 2 ** 20 } as const),
      });
      if (!parts.ok) throw new Error(`${parts.error.code}: ${parts.error.message}`);
      open = parts.value;
      return open;
    };
    const { stores } = hub.hub.inside().db;
    const states = async () =>
      (await stores.certificates.list({ terminalId }, { orderBy: ['issuedAt'], limit: 9 })).map(
        ({ state }) => state,
      );
    let parts = await restarted();
    const former = parts.identity.signer.certificateChain[0];
    expect((await parts.hub.health()).ok).toBe(true);
    expect(await parts.hub.renew({ certificateRequest: 'x' })).toMatchObject({
      error: { code: 'request_malformed' },
    });
    let switched = 0;
    const renewal = () =>
      createRenewal({
        ...{ keeper: parts.keeper, hub: parts.hub, clock: hub.clock, log: silentLog },
        hubNow: () => hub.clock.now(),
        online: () => true,
        switched: () => {
          switched += 1;
        },
        changed: () => {},
      });
    await renewal().look();
    expect(parts.keeper.next()).toBeNull();
    await parts.keeper.begin();
    const early = parts.keeper.next()?.certificateRequest ?? '';
    expect(await parts.hub.renew({ certificateRequest: early })).toMatchObject({
      error: { code: 'renewal_too_early' },
    });
    hub.clock.jump(epochMs(hub.clock.now() + 61 * 24 * HOUR));

    parts = await restarted();
    expect(parts.keeper.next()).toEqual({ certificateRequest: early, granted: false });
    const lost = await parts.hub.renew({ certificateRequest: early });
    parts = await restarted();
    const again = await parts.hub.renew({ certificateRequest: early });
    if (!lost.ok || !again.ok) throw new Error('a renewal at two thirds of the life is granted');
    expect(again.value).toEqual(lost.value);
    const stranger = await hub.terminal('kiosk', 'kiosk-stranger');
    const foreign = stranger.signer.certificateChain.map((der) => new X509Certificate(der).toString());
    expect(parts.keeper.grant(foreign)).toMatchObject({ error: { code: 'certificate_unfit' } });
    expect(parts.keeper.grant(again.value.certificateChain).ok).toBe(true);
    parts = await restarted();
    expect(parts.keeper.next()?.granted).toBe(true);
    expect(parts.identity.signer.certificateChain[0]).toEqual(former);
    expect((await parts.hub.health()).ok).toBe(true);
    expect(await states()).toEqual(['active', 'issued']);
    const held = parts.identity;
    await renewal().look();
    expect(switched).toBe(1);
    expect(held.signer.certificateChain[0]).not.toEqual(former);
    expect(await states()).toEqual(['active', 'issued']);
    expect((await parts.hub.health()).ok).toBe(true);
    expect(await states()).toEqual(['superseded', 'active']);
    parts = await restarted();
    expect(parts.identity.signer.certificateChain).toEqual(held.signer.certificateChain);
    expect(parts.keeper.next()).toBeNull();
    expect((await parts.hub.health()).ok).toBe(true);
    hub.clock.jump(epochMs(hub.clock.now() + 91 * 24 * HOUR));
    expect(renewal().expired()).toBe(true);
    await renewal().look();
    expect(parts.keeper.next()).toBeNull();
    expect(await parts.hub.health()).toMatchObject({ error: { code: 'certificate_expired' } });
    parts.store.close();
  });
});
