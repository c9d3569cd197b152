import type { KioskSnapshot } from '#kiosk/app/session/contract.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { Stick } from '../world/sticks.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';

type View<Name extends string> = Extract<KioskSnapshot['view'], { screen: Name }>;

/** What kiosks showed to a customer of titles that demand a secure medium (RET-4): said before payment, and of plain media only. */
export class DemandsHeard {
  readonly #demanding: ReadonlySet<TitleId>;
  /** Such titles that were written for this customer, and such that a kiosk refused. */
  rented = 0;
  refusals = 0;
  readonly wrong: string[] = [];

  constructor(demanding: ReadonlySet<TitleId>) {
    this.#demanding = demanding;
  }

  #line<Line extends { readonly titleId: TitleId }>(lines: readonly Line[]): Line | null {
    return lines.find(({ titleId }) => this.#demanding.has(titleId)) ?? null;
  }

  /** The line for which the kiosk wants a secure medium; null: it wants none. */
  refused({ lines, obstacle }: View<'confirm'>, medium: Stick): { readonly titleId: TitleId } | null {
    if (obstacle?.code !== 'secure_medium_required') return null;
    const line = this.#line(lines);
    if (medium.chip !== undefined || line === null)
      this.wrong.push(`RET-4: a kiosk wants a secure medium, and ${medium.label} is one or need not be one`);
    this.refusals += 1;
    return line;
  }

  /** Nothing stands in the way, as the kiosk says, which sees what is in its slot. */
  offered({ lines }: View<'confirm'>, terminal: TerminalProcess): void {
    const [line, medium] = [this.#line(lines), terminal.inSlot()];
    if (line !== null && medium !== null && medium.chip === undefined)
      this.wrong.push(
        `RET-4: ${terminal.id} offers ${line.titleId} onto ${medium.label}, and it demands a secure medium`,
      );
  }

  written({ lines }: View<'done'>): void {
    this.rented += lines.filter(
      ({ state, titleId }) => state === 'written' && this.#demanding.has(titleId),
    ).length;
  }
}
