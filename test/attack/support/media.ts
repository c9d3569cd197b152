import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedMedium } from '#firmware-sim/media/medium-backing.ts';
import type { CopyId, TariffId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { signJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import type { Target } from '../contract.ts';

const DAY = 86_400_000;

/** A copy that was rented at the attacked fleet, on a stick of its own. */
export interface RentedStick {
  readonly stick: string;
  readonly folder: string;
  readonly copyId: CopyId;
  /** Folder of the copy. */
  readonly copy: string;
}

export async function rentedStick(
  { fleet }: Target,
  prepare?: (stick: string) => Promise<unknown>,
  tariffId?: TariffId,
): Promise<RentedStick> {
  const title = await fleet.title('Bait of the media', tariffId === undefined ? {} : { tariffId });
  const member = await fleet.member(1000);
  const stick = fleet.stick();
  await prepare?.(stick);
  const done = await fleet.rent(stick, member, [title]);
  if (done.lines[0]?.state !== 'written') throw new Error(`not rented: ${JSON.stringify(done.lines)}`);
  const folder = fleet.own.mediumFolder(stick);
  const [copyId = ''] = await readdir(join(folder, 'KEYTURN', 'copies'));
  return { stick, folder, copyId: copyId as CopyId, copy: join(folder, 'KEYTURN', 'copies', copyId) };
}

/** Another stick with the same files: what a customer with a copying program has. */
export async function clonedStick({ fleet }: Target, from: RentedStick): Promise<RentedStick> {
  const stick = fleet.stick();
  const folder = fleet.own.mediumFolder(stick);
  await cp(from.folder, folder, { recursive: true });
  return { ...from, stick, folder, copy: join(folder, 'KEYTURN', 'copies', from.copyId) };
}

/** What the return terminal says of a stick: `taken`, or the code of its refusal. */
export async function atReturnTerminal({ fleet }: Target, medium: string | SimulatedMedium): Promise<string> {
  await fleet.insert(medium, 'return-terminal');
  return fleet.terminal.until('what the terminal says', 30, ({ view, trouble }) => {
    if (trouble !== null) return trouble.code;
    if (view.screen === 'nothing') return view.lines[0]?.trouble?.code ?? 'nothing';
    if (view.screen !== 'choose') return null;
    const line = view.lines.find((each) => each.choosable);
    return line === undefined ? (view.lines[0]?.trouble?.code ?? 'not choosable') : 'taken';
  });
}

/** What the kiosk says of a stick. */
export async function atKiosk({ fleet }: Target, medium: string | SimulatedMedium): Promise<string> {
  await fleet.kiosk.send({ type: 'touch' });
  await fleet.insert(medium, 'kiosk');
  return fleet.kiosk.until('what the kiosk says', 30, ({ medium: seen }) =>
    seen.trouble !== null ? seen.trouble.code : seen.state === 'ready' ? 'taken' : null,
  );
}

/** What the home player says when it is to open the copy. */
export async function atPlayer(
  { fleet }: Target,
  medium: string | SimulatedMedium,
  copyId: CopyId,
): Promise<string> {
  if (typeof medium === 'string') await fleet.own.insert(medium, 'player');
  else await fleet.own.stations.player.drive.insert(medium);
  const said = await opened(fleet.own.playerUrl, copyId);
  fleet.own.pull('player');
  return said ?? 'taken';
}

/** Asks the home player's own page for a copy: null: it plays; else why not. */
export async function opened(playerUrl: string, copyId: CopyId): Promise<string | null> {
  const answer = await fetch(`${playerUrl}/api/copies/${copyId}/open`, { method: 'POST' });
  const body = (await answer.json()) as { readonly code?: string };
  return answer.ok ? null : (body.code ?? String(answer.status));
}

let stranger: Promise<{ readonly kiosk: Signer; readonly terminal: Signer }> | null = null;
/** Devices with the names of the attacked fleet's, certified by a fleet that the attacker founded himself. */
export function strangers({ fleet }: Target): Promise<{ readonly kiosk: Signer; readonly terminal: Signer }> {
  // In force when the forged documents are signed: nothing but who signed it speaks against such a certificate.
  stranger ??= foundFleet(epochMs(fleet.own.clock.now() - DAY)).then(async (fleet) => ({
    kiosk: await enrol(fleet, 'story-kiosk', 'kiosk'),
    terminal: await enrol(fleet, 'story-return', 'return-terminal'),
  }));
  return stranger;
}

type Json = Record<string, unknown>;

/** What a signed document says, unchecked. */
export const payloadOf = (jws: string): unknown =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));

/** Changes a signed file's payload and signs it with whatever key the attacker has; `null`: he only edits the bytes and leaves the old signature. */
export async function resign(
  file: string,
  type: 'keyturn-licence' | 'keyturn-medium',
  change: (payload: Json) => Json,
  signer: Signer | null,
): Promise<void> {
  const jws = await readFile(file, 'latin1');
  const [header = '', body = '', signature = ''] = jws.split('.');
  const payload = change(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Json);
  const { signedAt } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { signedAt: number };
  const forged =
    signer === null
      ? [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.')
      : await signJws(type, payload, signer, signedAt as never);
  await writeFile(file, forged);
}
