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

/** The address behind the receipt's QR code: the hub's page of the first rental that began; null when none did. */
export function receiptAddress(bundle: Bundle, copies: readonly RentedCopy[]): string | null {
  const first = copies.find(({ line }) => line.state === 'written');
  return first === undefined || bundle.publicAddress === ''
    ? null
    : `${bundle.publicAddress}/rentals/${first.rentalId}`;
}
