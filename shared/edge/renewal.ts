import { type EpochMs, type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { HubClient } from './hub-client.ts';
import type { IdentityKeeper } from './identity.ts';

export const RENEWAL_PACE = milliseconds(10 * 60_000);
/** Faults of the hub after which the same request would be refused again: another key is needed. */
const HOPELESS: readonly string[] = ['renewal_key_reused', 'request_malformed', 'request_name_mismatch'];

export interface RenewalDeps {
  readonly keeper: IdentityKeeper;
  readonly hub: Pick<HubClient, 'renew'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Hub time as well as it is known: the certificate's times are the hub's. */
  hubNow(): EpochMs;
  online(): boolean;
  /** The new certificate is in use from now on: the terminal connects anew, which ends the former one. */
  switched(): void;
  changed(): void;
  /** Default `RENEWAL_PACE`. */
  readonly lookEvery?: Milliseconds;
}

/** Renews the certificate when two thirds of its life are over (SEC-1): next key, its certificate, then both at once in the place of the former. */
export interface Renewal {
  start(): void;
  stop(): Promise<void>;
  /** Looks now, as when the hub came back. */
  look(): Promise<void>;
  /** True when the certificate in use has ended: this terminal rents nothing, and still takes returns. */
  expired(): boolean;
}

export function createRenewal(deps: RenewalDeps): Renewal {
  const { keeper, clock, log } = deps;
  let cancel = (): void => {};
  let looking: Promise<void> | null = null;
  let stopped = false;
  let wasExpired = false;

  const expired = (): boolean => deps.hubNow() >= keeper.validity().to;
  const due = (): boolean => {
    const { from, to } = keeper.validity();
    return deps.hubNow() >= from + ((to - from) * 2) / 3;
  };
  const renew = async (): Promise<void> => {
    if (keeper.next() === null) {
      if (!due() || expired() || !deps.online()) return;
      await keeper.begin();
    }
    const next = keeper.next();
    if (next === null || stopped) return;
    if (!next.granted) {
      if (!deps.online()) return;
      const answered = await deps.hub.renew({ certificateRequest: next.certificateRequest });
      if (stopped) return;
      if (!answered.ok) {
        log.warn({ code: answered.error.code }, 'the certificate is not renewed yet');
        if (HOPELESS.includes(answered.error.code)) keeper.discard();
        return;
      }
      const granted = keeper.grant(answered.value.certificateChain);
      if (!granted.ok) {
        log.error({ code: granted.error.code }, 'the hub answered with a certificate that cannot be used');
        return keeper.discard();
      }
    }
    keeper.promote();
    log.info({ validTo: keeper.validity().to }, 'the certificate is renewed');
    deps.switched();
  };
  const look = (): Promise<void> => {
    looking ??= renew()
      .catch((error: unknown) => log.error({ error: String(error) }, 'the certificate could not be renewed'))
      .finally(() => {
        looking = null;
        if (expired() === wasExpired) return;
        wasExpired = expired();
        deps.changed();
      });
    return looking;
  };
  const again = (): void => {
    cancel = clock.after(deps.lookEvery ?? RENEWAL_PACE, () => {
      void look();
      if (!stopped) again();
    });
  };
  return {
    start: () => {
      void look();
      again();
    },
    stop: async () => {
      stopped = true;
      cancel();
      await looking;
    },
    look,
    expired,
  };
}
