import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { formatDateTime, formatMoney } from '#shared/ui/format.ts';
import type { ScreenLanguage } from '../session/contract.ts';
import type { LineState } from '../session/state.ts';
import { WORDS } from '../words/words.ts';

/** What the printer says: for every returned title price, means, proof and what was really proven (RET-4); "erased" for `PURGE` only. */
export function receiptLines(
  bundle: Bundle | null,
  lines: readonly (LineState & { readonly name: string })[],
  language: ScreenLanguage,
  pointsEarned: number,
): readonly string[] {
  const words = WORDS[language];
  const zone = bundle?.site.calendar.zone ?? 'UTC';
  const paper: string[] = [bundle?.site.name ?? '', words.paper.heading, ''];
  let proven = false;
  for (const { name, t0, price, paid, due, receipt } of lines) {
    if (receipt === null) continue;
    proven = true;
    paper.push(name);
    if (t0 !== null) paper.push(words.paper.returned(formatDateTime(t0, language, zone)));
    paper.push(words.paper.destroyed(formatDateTime(receipt.destroyedAt, language, zone)));
    paper.push(words.paper.claim[receipt.claim], words.paper.readBack[receipt.readBack]);
    paper.push(words.paper.number(receipt.counter, receipt.fingerprint));
    if (price !== null) {
      paper.push(words.paper.total(formatMoney(price.total, language)));
      if (price.quote === null && price.total.minor > 0) paper.push(words.paper.provisional);
    }
    for (const part of paid)
      paper.push(words.paper.paid(words.means[part.means], formatMoney(part.amount, language)));
    if (due !== null && due.minor > 0) paper.push(words.paper.due(formatMoney(due, language)));
    paper.push('');
  }
  if (!proven) return [];
  if (pointsEarned > 0) paper.push(words.paper.earned(pointsEarned));
  return [...paper, words.paper.limits];
}

/** The address behind the receipt's QR code: the hub's page of the first return; null when nothing was returned. */
export function receiptAddress(bundle: Bundle | null, lines: readonly LineState[]): string | null {
  const first = lines.find((line) => line.receipt !== null)?.receipt ?? null;
  return first === null || bundle === null || bundle.publicAddress === ''
    ? null
    : `${bundle.publicAddress}/r/${first.returnId}`;
}
