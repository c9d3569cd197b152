import { epochMs } from '#shared/kernel/time.ts';
import {
  cardPart,
  type Devices,
  HOUR,
  type lane,
  returned,
  START,
  started,
  type TestRental,
  type TestReturn,
  writtenCopy,
} from '#test/contract/hub-world.ts';

type Told = ReturnType<typeof lane>;

/** When media are given back here. */
export const T0 = epochMs(START + HOUR);

/** A copy that was rented and given back an hour later, as a kiosk and a return terminal tell of it in these lanes. */
export async function toldRental(
  devices: Devices,
  { kiosk, terminal }: { readonly kiosk: Told; readonly terminal: Told },
  change: { /** Paid by card. */ readonly card?: number /** Left unpaid. */; readonly due?: number } = {},
): Promise<{ readonly rental: TestRental; readonly back: TestReturn }> {
  const rental = await writtenCopy(devices);
  kiosk.add('rental.started', started(rental), START);
  const { card, ...left } = change;
  const back = await returned(rental, devices.returns, T0, left);
  const parts = card === undefined ? {} : { parts: [cardPart(rental, back.returnId, card)] };
  terminal.add('return.destroyed', { ...back.destroyed, ...parts }, T0);
  return { rental, back };
}
