import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { playerAnswerSchema, signPlayerReport } from '#shared/media/player-key.ts';
import { type FleetTrust, verifyJws } from '#shared/media/signing.ts';
import type { Random } from '#shared/ports/random.ts';
import type { PlayerDevice } from './device.ts';
import type { PlayerHub } from './hub-link.ts';

/** How this player stands with the hub, as it was said last; plain JSON for the page. */
export interface Pairing {
  readonly state: 'unknown' | 'registered' | 'revoked';
  /** To be typed at a kiosk; null: none is needed or given. */
  readonly code: { readonly code: string; readonly until: EpochMs } | null;
}

/**
 * Asks the hub how this player stands, brings what it opened, and believes the hub's time: only an answer that the hub signed over this question's
 * nonce counts, so that neither an old answer nor anybody in between moves the player's time.
 */
export async function askHub(
  deps: {
    readonly hub: PlayerHub;
    readonly device: PlayerDevice;
    readonly trust: FleetTrust;
    readonly random: Pick<Random, 'bytes'>;
  },
  wantsCode: boolean,
): Promise<Result<Pairing, Fault>> {
  const { device } = deps;
  const nonce = Buffer.from(deps.random.bytes(16)).toString('hex');
  const { now } = await device.time();
  const report = await signPlayerReport(
    {
      version: 1,
      playerId: device.playerId,
      nonce,
      at: now,
      wantsCode,
      openings: device.untold().map((one) => ({ ...one })),
    },
    device.signingKey,
  );
  const answered = await deps.hub.report({ playerKey: await device.publicDocument(), report });
  if (!answered.ok) return answered;
  const read = await verifyJws(answered.value, deps.trust, {
    type: 'keyturn-player-answer',
    schema: playerAnswerSchema,
    roles: ['hub'],
    validAt: 'signed-at',
    maxBytes: 16_384,
  });
  if (!read.ok || read.value.payload.nonce !== nonce || read.value.payload.playerId !== device.playerId)
    return fault('hub_refused', 'this is not the hub’s answer to this question');
  const { at, state, code } = read.value.payload;
  await device.believe(at);
  await device.told();
  return ok({ state, code });
}
