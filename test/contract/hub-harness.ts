import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatedClock, simulatedClock } from '#firmware-sim/sim/clock.ts';
import { createTitle } from '#hub/app/catalogue/titles.ts';
import { uploadEdition } from '#hub/app/catalogue/uploads.ts';
import { makeEnrolmentCode } from '#hub/app/enrolment/enrolment.ts';
import { createSite } from '#hub/app/sites/sites.ts';
import { addStaff } from '#hub/app/staff/accounts.ts';
import { addTariff } from '#hub/app/tariffs/tariffs.ts';
import { defaultHubSettings, type HubSettings } from '#hub/config.ts';
import { createHub, type Hub } from '#hub/hub.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';
import type { Tariff } from '#shared/domain/tariff.ts';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { createDeviceKeyAndCsr, signerFromPem } from '#shared/media/device-key.ts';
import { silentLog } from '#shared/ports/log.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrolAnswer } from '#shared/protocol/terminal-api.ts';
import type { TlsIdentity } from '#shared/tls/peer.ts';
import { openQuickDatabase, openTestDatabase } from '#test/support/database-image.ts';
import { secureFetch } from '#test/support/secure-fetch.ts';

export const PASSWORD = 'a password of the tests';
export const START = epochMs(Date.parse('2026-03-06T17:00:00Z'));

export interface TestTerminal {
  readonly terminalId: TerminalId;
  readonly signer: Signer;
  /** What its connections show. */
  readonly tls: TlsIdentity;
}

/** A whole hub in memory behind real HTTP, with one shop, one tariff and helpers that go the ways of staff and terminals. */
export interface TestHub {
  readonly hub: Hub;
  readonly clock: SimulatedClock;
  readonly siteId: SiteId;
  /** The folder of everything this hub keeps on disk. */
  readonly home: string;
  readonly tariff: Tariff;
  url(path: string): string;
  /** Signed-in staff: fetch with the session's cookie. */
  staff(path: string, init?: RequestInit): Promise<Response>;
  /** The session's cookie, for requests that a test makes by itself. */
  cookie(): string;
  signInStaff(name?: string, password?: string): Promise<Response>;
  /** Asks for an act at `path` as `admin`, agrees as another administrator, and is `admin` again: how it ended (SEC-7). */
  asTwo(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  terminal(role: 'kiosk' | 'return-terminal', id: string): Promise<TestTerminal>;
  ask(
    terminal: TestTerminal,
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Any question below `/terminal/v1`, as a terminal or as nobody (null). */
  atTerminals(
    terminal: TestTerminal | null,
    path: string,
    init?: Parameters<typeof secureFetch>[2],
  ): Promise<Response>;
  title(changes?: Partial<TitleRow>, content?: Uint8Array): Promise<TitleId>;
  close(): Promise<void>;
}

export const TARIFF = {
  name: 'Weekend',
  currency: 'EUR',
  mode: { kind: 'elapsed', first: { unit: 'hours', count: 48 }, further: { unit: 'days', count: 1 } },
  firstPrice: 400,
  furtherPrice: 150,
  graceSeconds: 3600,
  cap: 2000,
  keep: { price: 2500, afterLate: { unit: 'days', count: 30 } },
  lostFee: 1000,
  hold: { amount: 0, expiresAfter: { unit: 'days', count: 30 } },
  taxBasisPoints: 1900,
  pointsPerRental: 10,
  bindingNoneAllowed: true,
  licenceDuration: { unit: 'days', count: 60 },
  startWithinDays: null,
  finishWithinHours: null,
} as const;

export const CALENDAR = {
  zone: 'Europe/Berlin',
  weekly: Array.from({ length: 7 }, () => ({ closesAt: '21:00' })),
  closures: [],
  currency: 'EUR',
  territory: 'DE',
} as const;

export async function startTestHub(
  changes: Partial<HubSettings> = {},
  database: 'quick' | 'PGlite' = 'quick',
): Promise<TestHub> {
  const home = await mkdtemp(join(tmpdir(), 'keyturn-hub-'));
  const clock = simulatedClock(START);
  const settings = defaultHubSettings({
    KEYTURN_HOME: home,
    HUB_PORT: 0,
    MQTT_PORT: 0,
    HUB_TERMINAL_PORT: 0,
    HUB_ADMIN_PASSWORD: PASSWORD,
    HUB_SECOND_FACTOR: '',
    ...changes,
  });
  const open = database === 'PGlite' ? openTestDatabase : openQuickDatabase;
  const hub = createHub({
    clock,
    random: systemRandom,
    log: silentLog,
    settings,
    consoleFolder: null,
    database: () => open({ clock, log: silentLog }),
    pinCost: { N: 1024, r: 8, p: 1 },
  });
  const started = await hub.start();
  if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
  const inside = hub.inside();
  const site = await createSite(inside, { name: 'Test shop', address: '', calendar: CALENDAR });
  const tariff = await addTariff(inside, null, TARIFF);
  if (!site.ok || !tariff.ok) throw new Error('the shop of the tests is sound');
  const url = (path: string) => `${hub.addresses().http}${path}`;
  let cookie = '';
  const json = { 'content-type': 'application/json' };

  const made: TestHub = {
    hub,
    clock,
    home,
    siteId: site.value.siteId,
    tariff: tariff.value,
    url,
    staff: (path, init = {}) =>
      fetch(url(`/api/v1${path}`), {
        ...init,
        headers: { cookie, ...(typeof init.body === 'string' ? json : {}), ...init.headers },
      }),
    cookie: () => cookie,
    async signInStaff(name = 'admin', password = PASSWORD) {
      const body = JSON.stringify({ name, password });
      const answer = await fetch(url('/api/v1/session'), { method: 'POST', headers: json, body });
      const set = answer.headers.get('set-cookie');
      if (set !== null) cookie = set.split(';')[0] ?? '';
      return answer;
    },
    async asTwo(path) {
      await made.signInStaff();
      const ask = { method: 'POST', body: JSON.stringify({ reason: 'as every year' }) };
      const { requestId } = (await (await made.staff(path, ask)).json()) as { requestId: string };
      const other = { name: 'berta-admin', role: 'admin', password: PASSWORD } as const;
      if ((await inside.db.stores.staff.first({ name: other.name })) === null) await addStaff(inside, other);
      await made.signInStaff(other.name);
      const agree = { method: 'POST', body: '{}' };
      const answer = await made.staff(`/second-person/${requestId}/approve`, agree);
      await made.signInStaff();
      return { status: answer.status, body: await answer.json() };
    },
    async terminal(role, id) {
      const terminalId = id as TerminalId;
      const code = await makeEnrolmentCode(
        inside,
        { terminalId, role, siteId: site.value.siteId, name: id, approvedBeforehand: true },
        false,
      );
      if (!code.ok) throw new Error(code.error.code);
      const { privateKeyPem, csrPem } = await createDeviceKeyAndCsr(id);
      const body = JSON.stringify({ code: code.value.code, certificateRequest: csrPem, software: 'test' });
      const answer = await made.atTerminals(null, '/enrol', { method: 'POST', headers: json, body });
      const enrolled = enrolAnswer.parse(await answer.json());
      const tls = { keyPem: privateKeyPem, chainPem: enrolled.certificateChain.join('\n') };
      return { terminalId, signer: signerFromPem(privateKeyPem, enrolled.certificateChain), tls };
    },
    async ask(terminal, path, body) {
      const asked = { method: 'POST', headers: json, body: JSON.stringify(body) };
      const answer = await made.atTerminals(terminal, path, asked);
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    atTerminals: (terminal, path, init) =>
      secureFetch(
        `${hub.addresses().terminals}/terminal/v1${path}`,
        { trust: inside.trust, clock, identity: terminal?.tls ?? null },
        init,
      ),
    async title(changes = {}, content = Buffer.alloc(200_000, 'a film ')) {
      const titleId = newId<TitleId>(clock, systemRandom);
      const created = await createTitle(
        inside,
        {
          kind: 'film',
          name: { en: 'A test film' },
          description: { en: 'Nothing happens.' },
          year: 2020,
          runtimeSeconds: 60,
          genres: ['drama'],
          people: [],
          ageRating: 0,
          territories: [],
          releaseAt: epochMs(START - 1000),
          unitsTotal: null,
          demandsSecureMedium: false,
          demandsBinding: 'none',
          tariffId: tariff.value.tariffId,
        },
        titleId,
      );
      if (!created.ok) throw new Error(created.error.code);
      const uploaded = await uploadEdition(inside, titleId, {
        mediaType: 'text/plain',
        sha256: null,
        bytes: null,
        content: (async function* () {
          yield content;
        })(),
      });
      if (!uploaded.ok) throw new Error(uploaded.error.code);
      await inside.db.stores.titles.patch({ titleId }, { ...changes, updatedAt: clock.now() });
      return titleId;
    },
    async close() {
      // What is still open after the hub's own patience is closed by force: that time has to pass.
      const stopped = hub.stop();
      await clock.advance(5000);
      await stopped;
      await rm(home, { recursive: true, force: true });
    },
  };
  return made;
}
