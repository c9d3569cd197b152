import type { TerminalIdentity } from '#shared/edge/identity.ts';
import {
  createTerminalProgram,
  type ProgramParts,
  type TerminalHardware,
  type TerminalProgram,
} from '#shared/edge/terminal-program.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { provisionController } from '#shared/media/controller/provision.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import type { MediaDeps } from '#shared/media/orders.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { leaveRevocations } from '#shared/media/revocation-list.ts';
import { leaveRevokedPlayers } from '#shared/media/revoked-players.ts';
import { settleHeld } from '#shared/media/settle-held.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { type Recommendation, recommendation } from '#shared/protocol/terminal-api.ts';
import type { MediaWork, PinCost } from './app/deps.ts';
import { kioskBusiness } from './app/leaving.ts';
import { PIN_COST } from './app/members/verifier.ts';
import type { KioskIntent, KioskSnapshot } from './app/session/contract.ts';
import { type KioskSession, kioskSession } from './app/session/machine.ts';

export const KIOSK_SOFTWARE = 'keyturn-kiosk 0.1.0';

export type KioskHardware = TerminalHardware;
export interface KioskParts extends ProgramParts {
  /** A medium that writes slower than this is refused; 0: never. */
  readonly minimumBytesPerSecond: number;
  /** What a PIN is made slow with (MED-5); default `PIN_COST`. */
  readonly pinCost?: PinCost;
}
export type Kiosk = TerminalProgram<KioskSession>;

/** A kiosk: the common program with renting in it. */
export const createKiosk = (parts: KioskParts): Kiosk =>
  createTerminalProgram<KioskSnapshot, KioskIntent, KioskSession>(parts, (runtime) => {
    const { clock, random } = parts.terminal;
    const session = kioskSession({
      ...parts,
      runtime,
      pinCost: parts.pinCost ?? PIN_COST,
      // With what the hub said of revoked certificates since (SEC-1).
      media: mediaWork({ drive: parts.drive, clock, random, identity: runtime.identity }),
    });
    return {
      session,
      business: kioskBusiness({ ...parts, runtime }, () => session.busy()),
      // SEC-5: staff put a blank secure medium in and ordered it; nobody takes it out under way.
      makeSecureMedium: async ({ commandId, mediumId }) => {
        const { drive, door } = parts;
        await door.lock();
        try {
          return await provisionController(
            { drive, trust: runtime.identity.trust },
            mediumId,
            async (request) => {
              const granted = await runtime.hub.certifyController({ commandId, certificateRequest: request });
              return granted.ok ? ok(granted.value.certificateChain) : granted;
            },
          );
        } finally {
          await door.release();
        }
      },
    };
  });

/** What `shared/media` does, as the use cases ask for it. */
export function mediaWork(
  parts: Omit<MediaDeps, 'signer' | 'trust'> & {
    readonly identity: Pick<TerminalIdentity, 'signer' | 'trust'>;
  },
): MediaWork {
  const { drive, clock, random } = parts;
  const { signer, trust } = parts.identity;
  const deps: MediaDeps = { drive, clock, random, signer, trust };
  return {
    inspect: () => inspectMedium(deps),
    write: (input) => writeCopy(deps, input),
    settle: (input) => settleHeld(deps, input),
    leaveRevokedPlayers: async (mediumId, players) => {
      const medium = drive.current();
      return medium === null
        ? fault('medium_missing', 'no medium in the drive')
        : leaveRevokedPlayers(deps, medium, mediumId, players);
    },
    leaveRevocations: async (list) => {
      const medium = drive.current();
      return medium === null
        ? fault('medium_missing', 'no medium in the drive')
        : leaveRevocations(deps, medium, list);
    },
    openRecommendations: async (sealed, readKeys) => {
      const opened = await openWithOneOf(sealed, readKeys, trust);
      if (!opened.ok) return opened.error.code === 'sealed_for_others' ? 'sealed_for_others' : 'forged';
      // A later fleet may give reasons that this kiosk has no words for: those titles are left out.
      return opened.value.payload.titles.flatMap((one): Recommendation[] => {
        const known = recommendation.safeParse(one);
        return known.success ? [known.data] : [];
      });
    },
  };
}

/** SEC-3: with the newest reading key, or a former one. */
async function openWithOneOf(
  sealed: Uint8Array,
  readKeys: readonly string[],
  trust: FleetTrust,
): ReturnType<typeof openRecommendations> {
  for (const key of readKeys) {
    const opened = await openRecommendations(sealed, key, trust);
    if (opened.ok || opened.error.code !== 'sealed_for_others') return opened;
  }
  return fault('sealed_for_others', 'sealed under a key that is none of the fleet’s now');
}
