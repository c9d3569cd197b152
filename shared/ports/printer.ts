import type { Fault, Result } from '#shared/kernel/result.ts';

/** Receipt printer: whole lines of plain text, and the address behind the QR code. A printer fault never fails a return. */
export interface ReceiptPrinter {
  print(
    lines: readonly string[],
    qrAddress: string | null,
  ): Promise<Result<void, Fault<'printer_away' | 'printer_paper_out'>>>;
}
