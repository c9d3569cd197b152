import { createHash, createPrivateKey } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { memberSummary } from '#hub/http/contract/members.ts';
import { unwrapEditionKey } from '#shared/edge/content/sealed.ts';
import { deviceSeal } from '#shared/edge/drivers/device-secret.ts';
import { readIdentity } from '#shared/edge/drivers/identity-files.ts';
import { openLibsqlStore } from '#shared/edge/drivers/libsql-store.ts';
import { sealedLeaseFile } from '#shared/edge/drivers/sealed-lease-file.ts';
import { sealedStoreKey } from '#shared/edge/drivers/sealed-store-key.ts';
import { table } from '#shared/edge/store.ts';
import { wrappedKey } from '#shared/protocol/terminal-api.ts';
import type { Attack, Outcome, Target } from '#test/attack/contract.ts';
import { pastQuiet } from '#test/attack/support/clock.ts';
import { type Finding, type Needle, scanFolder, textNeedle } from '#test/support/disk-scan.ts';
import { PIN } from '#test/support/fleet-at-work.ts';
import { happens } from '#test/support/moments.ts';

const KIOSK = 'story-kiosk';
const NAME = 'Wilhelmina Quastenflosser';
const TITLE = 'Seventeen Silver Lighthouses';
const MINUTE = 60_000;
const HOUR = 3_600_000;

interface Stolen {
  /** A copy of all that the kiosk keeps, taken while it ran, after a day's work. */
  readonly disk: string;
  readonly memberNumber: string;
}
const loot = new WeakMap<Target, Promise<Stolen>>();

/** A member tops up by card and rents at the kiosk; then somebody copies the kiosk's whole folder. */
async function steal(target: Target, name = 'stolen-disk'): Promise<Stolen> {
  const { fleet } = target;
  const title = await fleet.title(TITLE);
  const member = await fleet.staff.post(
    '/members',
    { displayName: NAME, birthYear: 1980, pin: PIN, language: 'en', siteId: fleet.siteId },
    memberSummary,
  );
  const seen = await fleet.toConfirm(fleet.stick(), member, [title]);
  if (seen.screen !== 'confirm') throw new Error(`not signed in: ${JSON.stringify(seen.trouble)}`);
  await fleet.kiosk.send({ type: 'top_up', amountMinor: 500 });
  await fleet.kiosk.until('the balance', 30, ({ member: now }) =>
    (now?.prepaid.minor ?? 0) >= 500 ? now : null,
  );
  await fleet.write();
  await fleet.leave();
  await fleet.settled();
  const disk = join(target.scratch, name);
  await cp(join(target.folder, KIOSK), disk, { recursive: true });
  return { disk, memberNumber: member.number };
}

const stolenFrom = (target: Target): Promise<Stolen> => {
  const known = loot.get(target) ?? steal(target);
  loot.set(target, known);
  return known;
};

/** The thief holds a terminal of the fleet, and has it ask the hub to open what lies on the stolen disk. */
async function askTheHub(target: Target, key: z.infer<typeof wrappedKey>): Promise<boolean> {
  pastQuiet(target);
  const { hub } = target.fleet.own.returnTerminal.runtime;
  return (await hub.contentLease({ wrapped: key })).ok;
}

async function fromLeaseFile({ disk }: Stolen): Promise<z.infer<typeof wrappedKey>> {
  const bytes = await readFile(join(disk, 'identity', 'content-lease'));
  return { generation: '1-00000000', wrapped: bytes.subarray(0, 60).toString('base64url') };
}

const shown = (what: string, found: readonly Finding[]): string =>
  found.length === 0
    ? `no ${what}`
    : found
        .map(({ file, needle }) => `${needle} in ${file}`)
        .slice(0, 5)
        .join(', ');
const TRACE = { alert: 'security_lease_refused', subject: 'story-return' } as const;

async function search(target: Target, what: string, needles: (stolen: Stolen) => readonly Needle[]) {
  const stolen = await stolenFrom(target);
  const { files, bytes, found } = await scanFolder(stolen.disk, needles(stolen));
  const opened = await askTheHub(target, await fromLeaseFile(stolen));
  // A scan that reads nothing finds nothing: the disk of a kiosk that has worked is not empty.
  const searched = files >= 4 && bytes > 100_000;
  const outcome: Outcome = searched && found.length === 0 && !opened ? 'refused' : 'got-through';
  return {
    outcome,
    evidence: `${files} files, ${bytes} bytes: ${shown(what, found)}; hub opened its key: ${opened}`,
    trace: TRACE,
  };
}

export const stolenDiskContent: Attack = {
  id: 'stolen-disk-content',
  threat: 'disk-content',
  rule: 'SEC-3',
  on: 'once',
  expect: 'refused',
  run: (target) =>
    search(target, 'content and no title', () => [
      textNeedle('content', `${TITLE} line of the story.`),
      textNeedle('title', TITLE),
    ]),
};

export const stolenDiskName: Attack = {
  id: 'stolen-disk-name',
  threat: 'disk-name',
  rule: 'SEC-9',
  on: 'once',
  expect: 'refused',
  run: (target) =>
    search(target, 'name and no number', ({ memberNumber }) => [
      textNeedle('name', NAME),
      textNeedle('family name', 'Quastenflosser'),
      textNeedle('member number', memberNumber),
    ]),
};

export const stolenDiskCard: Attack = {
  id: 'stolen-disk-card',
  threat: 'disk-card',
  rule: 'SEC-9',
  on: 'once',
  expect: 'refused',
  async run(target) {
    await stolenFrom(target);
    const cards = target.fleet.own.stations.kiosk.card.inspect();
    const used = cards.flatMap(({ authorisation }) => [authorisation.cardToken, authorisation.maskedCard]);
    const result = await search(target, 'card', () =>
      [...new Set(used)].map((text) => textNeedle(text, text)),
    );
    const after = target.fleet.own.stations.kiosk.card.inspect().length;
    return after > 0
      ? result
      : { ...result, outcome: 'got-through', evidence: 'no card was ever used: nothing was tried' };
  },
};

/** PKCS#1 and PKCS#8 RSA keys in plain, as DER and as PEM text begins. */
const KEY_MARKS: readonly Needle[] = [
  {
    name: 'PEM key',
    forms: ['BEGIN PRIVATE KEY', 'BEGIN RSA PRIVATE KEY', 'BEGIN EC PRIVATE KEY', 'AGE-SECRET-KEY-1'].map(
      (text) => Buffer.from(text),
    ),
  },
  {
    name: 'PKCS#8 key',
    forms: [
      Buffer.from('0201003' + '00d06092a864886f70d0101010500', 'hex'),
      Buffer.from('AgEAMA0GCSqGSIb3DQEBAQUA'),
      Buffer.from('BADANBgkqhkiG9w0BAQEFAASC'),
    ],
  },
];

export const stolenDiskKey: Attack = {
  id: 'stolen-disk-key',
  threat: 'disk-key',
  rule: 'SEC-3',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const searched = await search(target, 'key in plain', () => KEY_MARKS);
    const { disk } = await stolenFrom(target);
    const guesses = ['', 'keyturn', KIOSK, target.fleet.own.hub.inside().fleet.fleetId].flatMap((text) => [
      Buffer.alloc(32),
      createHash('sha256').update(text).digest(),
      Buffer.from(text.padEnd(32, '\0')).subarray(0, 32),
    ]);
    const opened = guesses.filter((guess) => {
      const identity = readIdentity(join(disk, 'identity'), deviceSeal(guess));
      return identity.ok || identity.error.code !== 'identity_sealed';
    });
    const text = await readFile(join(disk, 'identity', 'identity.json'), 'utf8');
    const pem = (JSON.parse(text) as { encryptedKeyPem: string }).encryptedKeyPem;
    const passphrases = ['', 'keyturn', KIOSK, 'password', '0000'].filter((passphrase) => {
      try {
        createPrivateKey({ key: pem, passphrase });
        return true;
      } catch {
        return false;
      }
    });
    const held = opened.length + passphrases.length === 0;
    return {
      ...searched,
      outcome: held ? searched.outcome : 'got-through',
      evidence: `${searched.evidence}; ${guesses.length} guessed device secrets, ${opened.length} opened; 5 passphrases, ${passphrases.length} opened`,
    };
  },
};

/** The harder one: disk *and* device secret, taken after the kiosk was three days without its hub. */
export const stolenKioskAfterLease: Attack = {
  id: 'stolen-kiosk-after-lease',
  threat: 'disk-content',
  rule: 'SEC-3',
  on: 'once',
  expect: 'refused',
  wears: 'time',
  async run(target) {
    const { fleet, folder, scratch } = target;
    await steal(target, 'before');
    fleet.cables.kiosk.setCut(true);
    await fleet.pass(73 * HOUR);
    const { cache } = fleet.own.kiosk.runtime;
    await happens('the lease to end', () => !cache.leased());
    const disk = join(scratch, 'after');
    await cp(join(folder, KIOSK), disk, { recursive: true });
    const secret = Buffer.from((await readFile(join(folder, 'device-secret'), 'utf8')).trim(), 'hex');
    const seal = deviceSeal(secret);
    const lease = sealedLeaseFile(join(disk, 'identity', 'content-lease'), seal).read();
    const store = openLibsqlStore(
      join(disk, 'store.db'),
      () => 'thief',
      sealedStoreKey(join(disk, 'identity', 'store-key'), seal),
    );
    const held = store.get(table('cache_key', wrappedKey), 'cache');
    const editions = store.list(
      table('content', z.looseObject({ editionId: z.string(), wrappedKey: z.string() })),
    );
    store.close();
    // Everything of 32 bytes that the thief holds is tried as the key of the cache.
    const texts = await Promise.all(
      (await readdir(join(disk, 'identity'))).map((name) => readFile(join(disk, 'identity', name))),
    );
    const tries = [
      secret,
      ...texts.flatMap((bytes) => [bytes.subarray(0, 32), bytes.subarray(-32), bytes.subarray(12, 44)]),
      Buffer.from(held?.wrapped ?? '', 'base64url').subarray(12, 44),
    ];
    const opened = editions.filter(({ value }) =>
      tries.some(
        (key) =>
          key.length === 32 && unwrapEditionKey(key, value.editionId as never, value.wrappedKey) !== null,
      ),
    );
    const asked = held !== null && (await askTheHub(target, held));
    fleet.cables.kiosk.setCut(false);
    // The fleet goes on for the rows that follow: whoever waits for its next try makes it now.
    await fleet.pass(2 * MINUTE);
    await happens('the kiosk to have a lease again', () => cache.leased());
    const ok = lease === null && held !== null && editions.length > 0 && opened.length === 0 && !asked;
    return {
      outcome: ok ? 'refused' : 'got-through',
      evidence: `with the device secret: lease on disk ${lease !== null}, ${opened.length} of ${editions.length} editions opened, hub opened its key: ${asked}`,
      trace: TRACE,
    };
  },
};
