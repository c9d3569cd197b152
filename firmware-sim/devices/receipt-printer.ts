import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { ReceiptPrinter } from '#shared/ports/printer.ts';

export interface PrintedReceipt {
  readonly lines: readonly string[];
  readonly qrAddress: string | null;
}

/** Prints onto a roll that a test or the demo's panel can read; paper can run out. */
export class SimulatedPrinter implements ReceiptPrinter {
  readonly #roll: PrintedReceipt[] = [];
  #paper = true;

  setPaper(present: boolean): void {
    this.#paper = present;
  }

  hasPaper(): boolean {
    return this.#paper;
  }

  /** The last receipts, newest first; the roll keeps 20. */
  roll(): readonly PrintedReceipt[] {
    return this.#roll;
  }

  async print(
    lines: readonly string[],
    qrAddress: string | null,
  ): Promise<Result<void, Fault<'printer_away' | 'printer_paper_out'>>> {
    if (!this.#paper) return fault('printer_paper_out', 'the printer has no paper');
    this.#roll.unshift({ lines: [...lines], qrAddress });
    this.#roll.length = Math.min(this.#roll.length, 20);
    return ok(undefined);
  }
}
