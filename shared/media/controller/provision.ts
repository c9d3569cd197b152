import type { MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { MediaDrive, SecureController } from '#shared/ports/media-drive.ts';
import { parseCertificate } from '../certificate.ts';
import type { FleetTrust } from '../signing.ts';
import { frame, packFields, readFrame, refusalOf } from './channel.ts';
import { type ControllerFault, controllerId } from './host.ts';

/** Longest request or certificate that is carried to or from a controller, in bytes. */
export const PROVISION_BYTES = 8_000;

export type ProvisionFault = ControllerFault | Fault<'medium_plain' | 'controller_taken'>;

/** What the hub answers: PEM, the controller's own certificate first. */
export type Certify = (certificateRequest: string) => Promise<Result<readonly string[], Fault>>;

/**
 * Makes the blank controller in the drive one of this fleet (MS-33): it makes a request in this medium's name, the hub certifies it, the controller keeps certificates and
 * root for ever. Proven at the end after a power cycle, as at every later visit; done again for the same id it is done already. Faults of the
 * hub come back as they are; `medium_plain`: no controller; `controller_taken`: it is certified already, as another medium.
 */
export async function provisionController(
  { drive, trust }: { readonly drive: MediaDrive; readonly trust: FleetTrust },
  mediumId: MediumId,
  certify: Certify,
): Promise<Result<void, ProvisionFault | Fault>> {
  const medium = drive.current();
  if (medium === null) return fault('medium_missing', 'no medium in the drive');
  if (medium.controller === null) return fault('medium_plain', 'this medium has no controller');
  const asked = await requestOf(medium.controller, mediumId);
  if (!asked.ok) return asked;
  if (asked.value !== 'certified') {
    const granted = await certify(asked.value);
    if (!granted.ok) return granted;
    const installed = await install(medium.controller, granted.value, trust);
    if (!installed.ok) return installed;
  }
  const cycled = await drive.powerCycle();
  if (!cycled.ok) return cycled;
  const { controller } = cycled.value.medium;
  if (controller === null) return fault('medium_plain', 'this medium has no controller');
  const proven = await controllerId(controller, trust);
  if (!proven.ok)
    return asked.value === 'certified' && proven.error.code === 'medium_counterfeit'
      ? fault('controller_taken', 'this controller belongs to another fleet')
      : proven;
  return proven.value === mediumId
    ? ok(undefined)
    : fault('controller_taken', 'this controller is another medium’s of this fleet');
}

async function requestOf(
  controller: SecureController,
  mediumId: MediumId,
): Promise<Result<string | 'certified', ProvisionFault>> {
  const answered = await controller.transceive(frame('blank', Buffer.from(mediumId, 'ascii')));
  if (!answered.ok) return answered;
  const read = readFrame(answered.value);
  // Controllers of before 1.2 know of no such question, and are certified by whoever made them.
  if (read?.kind === 'refused') return ok('certified');
  return read?.kind === 'blank' && read.body.length <= PROVISION_BYTES
    ? ok(Buffer.from(read.body).toString('latin1'))
    : fault('controller_failed', 'no request of a controller');
}

async function install(
  controller: SecureController,
  chain: readonly string[],
  trust: FleetTrust,
): Promise<Result<void, ProvisionFault>> {
  const certificates = chain.map((pem) => parseCertificate(Buffer.from(pem))?.raw ?? new Uint8Array());
  const kept = packFields([...certificates, trust.root.raw]);
  const answered = await controller.transceive(frame('install', kept));
  if (!answered.ok) return answered;
  const read = readFrame(answered.value);
  if (read?.kind === 'install') return ok(undefined);
  const why = read?.kind === 'refused' ? refusalOf(read.body) : 'malformed';
  return fault('controller_failed', `the controller did not take its certificate: ${why}`);
}
