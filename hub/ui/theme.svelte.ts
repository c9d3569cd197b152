/** Paper or ink: the system's wish, unless the person at this browser chose otherwise. `public/theme.js` does the same before the first paint. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = 'keyturn.console.theme';
const isTheme = (value: unknown): value is Theme => THEMES.some((known) => known === value);

export const theme = $state<{ chosen: Theme }>({ chosen: kept() });

function kept(): Theme {
  const found = globalThis.localStorage?.getItem(KEPT);
  return isTheme(found) ? found : 'system';
}

export function chooseTheme(chosen: Theme): void {
  theme.chosen = chosen;
  localStorage.setItem(KEPT, chosen);
}

/** Shows the chosen theme and follows the system while that is the choice. For `$effect`. */
export function followTheme(): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const show = () => {
    const dark = theme.chosen === 'dark' || (theme.chosen === 'system' && system.matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  };
  show();
  system.addEventListener('change', show);
  return () => system.removeEventListener('change', show);
}
