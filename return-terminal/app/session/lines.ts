import { parseTariff } from '#shared/domain/tariff.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import { localText } from '#shared/ui/i18n.ts';
import type { OpenCopy } from '../returning/open.ts';
import type { ReturnRow } from '../returning/tables.ts';
import { troubleOf } from '../trouble.ts';
import type { ScreenLanguage } from './contract.ts';
import { returnable } from './reducer.ts';
import type { LineChange, LineState } from './state.ts';

/** Why a copy of this kind has no return, in the words of the trouble table. */
const KIND_TROUBLE: Partial<Record<OpenCopy['kind'], string>> = {
  already_returned: 'copy_already_returned',
  kept: 'copy_kept',
  held: 'copy_held',
};

/** A copy of the visit as a line of the session; what can be returned is chosen, unless the keep price makes that useless (CHG-3). */
export function lineOf(copy: OpenCopy): LineState {
  const code = KIND_TROUBLE[copy.kind];
  const tariff = copy.accepted === null ? null : parseTariff(copy.accepted.licence.keyturn.tariff);
  return {
    copyId: copy.copyId,
    rentalId: copy.rentalId,
    titleId: copy.titleId,
    title: copy.title,
    memberToken: copy.memberToken,
    kind: copy.kind,
    chosen: returnable(copy) && !(copy.kind === 'open' && copy.price?.kept === true),
    t0: copy.accepted?.t0 ?? null,
    price: copy.price,
    means: copy.means,
    pointsPerRental: tariff?.ok === true ? tariff.value.pointsPerRental : 0,
    work: 'waiting',
    progress: 0,
    paid: [],
    due: null,
    receipt: null,
    stars: null,
    trouble: copy.trouble ?? (code === undefined ? null : troubleOf({ code })),
  };
}

/** A return that was finished before any customer came (PAY-1), as a line of its receipt. */
export function recoveredLine(bundle: Bundle | null, row: ReturnRow, change: LineChange): LineState {
  const title = bundle?.titles.find((one) => one.titleId === row.titleId);
  return {
    copyId: row.copyId,
    rentalId: row.rentalId,
    titleId: row.titleId,
    title: title?.name.en ?? null,
    memberToken: row.memberToken,
    kind: 'must_finish',
    chosen: true,
    t0: row.t0,
    price:
      row.total === null
        ? null
        : {
            total: row.total,
            startedAt: row.t0,
            dueAt: null,
            lines: [],
            next: null,
            kept: false,
            quote: row.quote,
            overAt: null,
          },
    means: { prepaid: null, heldCard: null },
    pointsPerRental: 0,
    work: 'destroyed',
    progress: 1,
    paid: [],
    due: null,
    receipt: null,
    stars: null,
    trouble: null,
    ...change,
  };
}

/** Lines with the name that paper and screen show, in the customer's language. */
export const namedLines = (
  bundle: Bundle | null,
  lines: readonly LineState[],
  language: ScreenLanguage,
): readonly (LineState & { readonly name: string })[] =>
  lines.map((line) => {
    const title = bundle?.titles.find((one) => one.titleId === line.titleId);
    return { ...line, name: title === undefined ? (line.title ?? '…') : localText(title.name, language) };
  });
