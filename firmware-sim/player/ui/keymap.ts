/** What a key does while something plays; both arrows and letters, as people know them from elsewhere. */
export type Command =
  | { readonly do: 'toggle' | 'mute' | 'full' | 'subtitles' | 'leave' | 'help' }
  | { readonly do: 'seek' | 'volume' | 'speed'; readonly by: number }
  | { readonly do: 'place'; readonly part: number };

const KEYS: Readonly<Record<string, Command>> = {
  ' ': { do: 'toggle' },
  k: { do: 'toggle' },
  ArrowLeft: { do: 'seek', by: -5 },
  ArrowRight: { do: 'seek', by: 5 },
  j: { do: 'seek', by: -10 },
  l: { do: 'seek', by: 10 },
  ArrowUp: { do: 'volume', by: 0.1 },
  ArrowDown: { do: 'volume', by: -0.1 },
  m: { do: 'mute' },
  f: { do: 'full' },
  c: { do: 'subtitles' },
  '<': { do: 'speed', by: -1 },
  '>': { do: 'speed', by: 1 },
  Home: { do: 'place', part: 0 },
  Escape: { do: 'leave' },
  '?': { do: 'help' },
};

/** Keys that a control with the focus uses itself: these are left to it. */
const OWN: Readonly<Record<string, RegExp>> = {
  BUTTON: /^( |Enter)$/,
  SELECT: /^( |Enter|Arrow.*|Home|End|.)$/,
  INPUT: /^(Arrow.*|Home|End)$/,
};

/** `focused`: tag name of the element with the focus. Null: the key is nobody's, or the control's own. */
export function commandOf(
  press: {
    readonly key: string;
    readonly ctrlKey: boolean;
    readonly altKey: boolean;
    readonly metaKey: boolean;
  },
  focused: string,
): Command | null {
  if (press.ctrlKey || press.altKey || press.metaKey || OWN[focused]?.test(press.key) === true) return null;
  if (/^[0-9]$/.test(press.key)) return { do: 'place', part: Number(press.key) / 10 };
  return KEYS[press.key.length === 1 ? press.key.toLowerCase() : press.key] ?? null;
}

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** The next speed above or below; the ends stay. */
export function nextSpeed(speed: number, by: number): number {
  const at = SPEEDS.findIndex((each) => each >= speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at === -1 ? SPEEDS.length - 1 : at) + by))] ?? 1;
}
