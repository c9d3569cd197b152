import { join } from 'node:path';
import { z } from 'zod';
import { SimulatedCardReader } from '#firmware-sim/devices/card-reader.ts';
import { SimulatedPrinter } from '#firmware-sim/devices/receipt-printer.ts';
import { SimulatedSlotDoor } from '#firmware-sim/devices/slot-door.ts';
import { CURRENCIES, type Currency } from '#shared/kernel/money.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { keptJson } from './kept-json.ts';
import { createNetworkCable, type NetworkCable } from './network.ts';

/** What stands around a terminal of the demo, apart from its drive. */
export interface TerminalHardware {
  readonly card: SimulatedCardReader;
  readonly printer: SimulatedPrinter;
  readonly door: SimulatedSlotDoor;
  readonly cable: NetworkCable;
}

/** Presenting a card and asking the provider, together. */
const CARD_ANSWER = milliseconds(1500);

const currency = z.enum(Object.keys(CURRENCIES) as [Currency, ...Currency[]]);
const cardRecord = z.object({
  key: z.string(),
  authorisation: z.object({
    authorisationId: z.string(),
    cardToken: z.string(),
    maskedCard: z.string(),
    amount: z.object({ minor: z.int(), currency }),
  }),
  state: z.enum(['authorised', 'captured', 'voided']),
  captured: z.int(),
});

/** The provider's book of both card readers lies in one file each, so that a restart charges nobody twice (PAY-1). */
export function openHardware(folder: string, name: string, clock: Clock): TerminalHardware {
  const book = keptJson(join(folder, `${name}-cards.json`), z.array(cardRecord));
  return {
    card: new SimulatedCardReader({
      clock,
      answerAfter: CARD_ANSWER,
      saved: book.read() ?? [],
      save: (records) => book.write(records.map((record) => ({ ...record }))),
    }),
    printer: new SimulatedPrinter(),
    door: new SimulatedSlotDoor(),
    cable: createNetworkCable(),
  };
}
