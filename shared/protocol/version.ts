/**
 * Version of everything that terminals and hub say to each other (SPEC.md, PR-1…). A peer that speaks another major version is
 * refused with a reason of `REJECTIONS`; a newer minor version may carry fields that an older reader leaves alone.
 */
export const PROTOCOL_MAJOR = 1;
export const PROTOCOL_MINOR = 7;

/** The closed list of reasons for which a hub refuses what a terminal sent. */
export const REJECTIONS = [
  'version_too_new',
  'version_too_old',
  'malformed',
  'too_large',
  'identity_mismatch',
  'unknown_terminal',
  'revoked_terminal',
  'session_stale',
  'epoch_conflict',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** What a reader says of a peer's version: null when it can be read. */
export function refuseVersion(version: { major: number; minor: number }): Rejection | null {
  if (version.major > PROTOCOL_MAJOR) return 'version_too_new';
  if (version.major < PROTOCOL_MAJOR) return 'version_too_old';
  return null;
}
