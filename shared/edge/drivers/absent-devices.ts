import { fault } from '#shared/kernel/result.ts';
import type { CardPayment } from '#shared/ports/payment.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';
import type { SlotDoor } from '#shared/ports/slot-door.ts';

/** A terminal without a card reader: whatever needs one is refused with words, never taken for paid (LED-2). */
export const absentCardReader: CardPayment = {
  authorise: async () => away(),
  authoriseHeld: async () => away(),
  capture: async () => away(),
  void: async () => away(),
};
const away = () => fault('card_reader_away', 'no card reader is attached to this terminal');

/** A terminal without a printer: receipts are shown on the screen. */
export const absentPrinter: ReceiptPrinter = {
  print: async () => fault('printer_away', 'no printer is attached to this terminal'),
};

/** A slot without a door that could be locked. */
export const absentSlotDoor: SlotDoor = { lock: async () => {}, release: async () => {} };
