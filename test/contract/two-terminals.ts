import { createTerminal, type TerminalRuntime } from '#shared/edge/runtime.ts';
import { noBusiness } from '#shared/edge/testing/a-bundle.ts';
import { happens } from '#test/support/live-fleet.ts';
import { type Devices, returned, started, type TestRental, writtenCopy } from './hub-world.ts';
import { type RealHub, startRealHub } from './real-terminals.ts';

/** A real hub, and one kiosk and one return terminal without business of their own: what they report, a test says. */
export interface TwoTerminals {
  readonly real: RealHub;
  readonly kiosk: TerminalRuntime;
  readonly returns: TerminalRuntime;
  /** A copy rented at the kiosk now, reported as the kiosk's program reports it. */
  rent(): Promise<TestRental>;
  /** A minute from the medium to the destroyed key. */
  giveBack(rental: TestRental): Promise<void>;
  /** Waits until the hub has every event of both. */
  acknowledged(): Promise<void>;
  end(): Promise<void>;
}

export async function startTwoTerminals(): Promise<TwoTerminals> {
  const real = await startRealHub(false);
  const terminal = async (id: string, role: 'kiosk' | 'return-terminal'): Promise<TerminalRuntime> => {
    const made = createTerminal({
      ...(await real.parts(id, role)),
      drives: () => [],
      temperatureCelsius: () => null,
      onCommand: () => 'now',
      restart: () => {},
      business: noBusiness,
    });
    await made.start();
    return made;
  };
  const kiosk = await terminal('real-kiosk', 'kiosk');
  const returns = await terminal('real-return', 'return-terminal');
  return {
    ...{ real, kiosk, returns },
    async rent() {
      const rental = await writtenCopy({ kiosk: kiosk.identity.signer } as Devices, real.clock.now());
      kiosk.record((tx) => tx.emit({ kind: 'rental.started', data: started(rental) }));
      return rental;
    },
    async giveBack(rental) {
      const back = await returned(rental, returns.identity.signer, real.clock.now(), { due: 400 });
      returns.record((tx) => tx.emit({ kind: 'return.accepted', data: back.accepted }));
      real.pass(60_000);
      returns.record((tx) => tx.emit({ kind: 'return.destroyed', data: back.destroyed }));
    },
    acknowledged: () =>
      happens('the hub to have every event', () =>
        [kiosk, returns].every(({ store }) => store.position(0).acked === store.position(0).last),
      ),
    async end() {
      await kiosk.stop();
      await returns.stop();
      await real.end();
    },
  };
}
