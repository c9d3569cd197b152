import { createPrivateKey, X509Certificate } from 'node:crypto';
import { certifiedIn } from '#firmware-sim/media/controller/blank-chip.ts';
import { parseCertificate } from '#shared/media/certificate.ts';
import { type FleetTrust, verifyDevice } from '#shared/media/signing.ts';
import { chipIdOf, type Stick } from '../world/sticks.ts';
import type { World } from '../world/world.ts';

const MOST = 1_000_000;

/** MS-33: a controller that came blank is blank, or one of the fleet with the key that its certificate names; whatever was pulled or went dark. Null: it is. */
export async function brokenBlank(stick: Stick, trust: FleetTrust): Promise<string | null> {
  const kept = stick.inside === undefined ? null : await certifiedIn(stick.inside);
  if (kept === null)
    return (await stick.chip?.inside())?.length === 0
      ? null
      : `MS-33: ${stick.label} is blank and holds a copy`;
  const der = kept.chain.map((pem) => parseCertificate(Buffer.from(pem))?.raw ?? new Uint8Array());
  const device = verifyDevice(der, trust, null);
  if (!device.ok || device.value.role !== 'medium')
    return `MS-33: ${stick.label} holds a certificate that is no medium’s of this fleet`;
  const own = new X509Certificate(kept.chain[0] ?? '');
  return kept.key !== null && own.checkPrivateKey(createPrivateKey(kept.key))
    ? null
    : `MS-33: ${stick.label} is certified and has not the key for it`;
}

/** SEC-5: what staff are told was made is there, each id is one controller's, and the hub has registered what it certified, unless it was set back since (DESIGN §2). */
export async function blanksAtRest(world: World): Promise<readonly string[]> {
  const { stores } = world.database;
  const setBack = world.wire.faults.has('backup of yesterday restored');
  const wrong: string[] = [];
  const ids = new Map<string, string>();
  for (const stick of world.sticks) {
    const mediumId = stick.bornBlank === undefined ? null : await chipIdOf(stick);
    if (mediumId === null) continue;
    const other = ids.get(mediumId);
    if (other !== undefined) wrong.push(`SEC-5: ${stick.label} and ${other} are both ${mediumId}`);
    ids.set(mediumId, stick.label);
    if (!setBack && (await stores.controllers.first({ mediumId })) === null)
      wrong.push(
        `SEC-5: ${stick.label} is certified as ${mediumId}, and the hub knows of no such controller`,
      );
  }
  for (const { order, state } of await stores.commands.list({}, { limit: MOST }))
    if (order.kind === 'make_secure_medium' && state === 'done' && !ids.has(order.mediumId))
      wrong.push(`SEC-5: staff hear that ${order.mediumId} was made, and no medium is it`);
  return wrong;
}
