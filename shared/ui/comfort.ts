/**
 * What a customer may switch on to see and reach more easily (SCR-6). It belongs to the page, not to the session's rules: kept over a reload,
 * forgotten with the session (SCR-7).
 */
export interface Comfort {
  readonly contrast: boolean;
  readonly large: boolean;
  readonly low: boolean;
}
export const COMFORTS = ['contrast', 'large', 'low'] as const satisfies readonly (keyof Comfort)[];
export const PLAIN: Comfort = { contrast: false, large: false, low: false };

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
const KEY = 'comfort';

export function keptComfort(storage: Kept): Comfort {
  const names = (storage.getItem(KEY) ?? '').split(' ');
  return { contrast: names.includes('contrast'), large: names.includes('large'), low: names.includes('low') };
}

export function keepComfort(storage: Kept, comfort: Comfort): void {
  const names = COMFORTS.filter((name) => comfort[name]);
  if (names.length === 0) storage.removeItem(KEY);
  else storage.setItem(KEY, names.join(' '));
}

/** Sets what the style sheets read. */
export function showComfort(page: HTMLElement, comfort: Comfort): void {
  page.toggleAttribute('data-low', comfort.low);
  if (comfort.contrast) page.dataset.contrast = 'more';
  else delete page.dataset.contrast;
  if (comfort.large) page.dataset.text = 'large';
  else delete page.dataset.text;
}
