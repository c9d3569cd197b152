import { openTitleSearch } from '#hub/app/catalogue/title-search.ts';
import type { SealedObjectStore } from '#hub/app/content/folder-store.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import type { EnrolmentAuthority } from '#hub/app/enrolment/enrolment.ts';
import type { FleetFacts } from '#hub/app/fleet/bundle.ts';
import type { Ingest } from '#hub/app/ingest/ingest.ts';
import { readRecipient } from '#hub/app/keys/read-keys.ts';
import type { Recommender } from '#hub/app/recommendations/recommender.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { KeyEncryption } from '#hub/ports/key-encryption.ts';
import type { SecretKeys } from '#hub/ports/secret-keys.ts';
import type { RewardRules } from '#shared/domain/rewards.ts';
import { points } from '#shared/kernel/money.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { codeDigest, makeEnrolmentCode, readEnrolmentCode } from '#shared/media/enrolment-code.ts';
import type { HubSettings } from './config.ts';

/** Points as the settings give them (RWD-1). */
export const rewardRules = (settings: HubSettings): RewardRules => ({
  pointsPerMinorUnit: settings.HUB_POINTS_PER_MINOR_UNIT,
  forRating: points(settings.HUB_POINTS_FOR_RATING),
  forReservation: points(settings.HUB_POINTS_FOR_RESERVATION),
  lifetime:
    settings.HUB_POINTS_LIFETIME === 0 ? null : milliseconds(settings.HUB_POINTS_LIFETIME * 86_400_000),
});

/** What every terminal is told of the fleet. */
export async function fleetFacts(
  deps: HubDeps & { readonly secretKeys: SecretKeys },
  authority: FleetAuthority,
  rewards: RewardRules,
  publicAddress: () => string,
): Promise<FleetFacts> {
  // Made before the first terminal asks.
  await readRecipient(deps);
  return {
    fleetId: authority.trust.fleetId,
    get publicAddress() {
      return publicAddress();
    },
    readRecipient: () => readRecipient(deps),
    rewards,
  };
}

/** What the servers take of what was made before them. */
export function serverParts(made: {
  authority: FleetAuthority;
  challengeKey: Uint8Array;
  objects: SealedObjectStore;
  keys: KeyEncryption;
  recommender: Recommender;
  ingest: Ingest;
  fleet: FleetFacts;
  core: HubDeps;
}) {
  const { authority, core } = made;
  const enrolment: EnrolmentAuthority = {
    fleetId: authority.trust.fleetId,
    rootPem: authority.rootPem,
    makeCode: () => makeEnrolmentCode(core.random, authority.rootFingerprint),
    codeDigest,
    codeReadable: (code) => readEnrolmentCode(code).ok,
    check: (request, id, role) => authority.checkRequest(request, { id, role }),
    issue: (request, id, role, validity) => authority.issueCertificate(request, { id, role, validity }),
    gaveOutAt: (chain) => authority.gaveOutAt(chain),
    certifyController: (request, id, validity) =>
      authority.issueCertificate(request, { id, role: 'medium', validity }),
  };
  return {
    authority: enrolment,
    trust: authority.trust,
    signer: authority.hubSigner,
    challengeKey: made.challengeKey,
    objects: made.objects,
    keys: made.keys,
    rotation: authority,
    recommender: made.recommender,
    titleSearch: openTitleSearch(core),
    fleet: made.fleet,
    ingest: made.ingest.rules,
  };
}
