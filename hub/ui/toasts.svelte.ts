/** What was just done, said at the edge of the screen for a while; where it can be undone, with the button for it. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly undo: (() => void) | null;
}

/** Long enough to read twice and to reach for the button; a pointer or the focus on a note keeps it. */
export const TOAST_MS = 8000;
const AT_ONCE = 3;

export const toasts = $state<{ shown: Toast[] }>({ shown: [] });
let last = 0;

export function toast(text: string, undo: (() => void) | null = null): void {
  last += 1;
  toasts.shown = [...toasts.shown, { id: last, text, undo }].slice(-AT_ONCE);
}

export function dropToast(id: number): void {
  toasts.shown = toasts.shown.filter((one) => one.id !== id);
}
