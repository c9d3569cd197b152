import type { EpochMs } from '#shared/kernel/time.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { formatDateTime, formatMoney } from '#shared/ui/format.ts';
import { localText } from '#shared/ui/i18n.ts';
import type { ScreenLanguage } from '../session/contract.ts';
import { WORDS } from '../words/words.ts';
import type { RentedCopy } from './rent-cart.ts';

/** What the printer and the last screen say: every title with what became of it, due times local to the site. */
export function receiptLines(
  bundle: Bundle,
  copies: readonly RentedCopy[],
  language: ScreenLanguage,
  now: EpochMs,
): readonly string[] {
  const words = WORDS[language].receipt;
  const { zone } = bundle.site.calendar;
  const lines: string[] = [bundle.site.name, `${words.heading}  ${formatDateTime(now, language, zone)}`, ''];
  for (const { line, title, rentalId } of copies) {
    const name = localText(title.name, language);
    if (line.state === 'written' && line.firstPrice !== null && line.dueAt !== null) {
      lines.push(words.line(name, formatMoney(line.firstPrice, language)));
      lines.push(words.due(formatDateTime(line.dueAt, language, zone)), words.rental(rentalId));
    } else lines.push(line.state === 'held' ? words.held(name) : words.failed(name));
  }
  return [...lines, '', words.pay];
}

/**
 * What the QR code on the last screen holds: the receipt itself, so that a telephone keeps the due times without any page of ours to ask. Null when
 * nothing was written, or when the text is longer than a code that a camera still reads.
 */
export function receiptCode(lines: readonly string[], copies: readonly RentedCopy[]): string | null {
  const text = lines.join('\n');
  const written = copies.some(({ line }) => line.state === 'written');
  return written && Buffer.byteLength(text) <= LONGEST_CODE_BYTES ? text : null;
}
const LONGEST_CODE_BYTES = 1200;
