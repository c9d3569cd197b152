/** Keyturn's own signs: paths on a field of 24 × 24, drawn with a round pen of 2. */
export const ICONS = {
  back: 'M15 4l-8 8 8 8',
  close: 'M5 5l14 14M19 5L5 19',
  check: 'M4 12.5l5.5 5.5L20 6.5',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.5 15.5L21 21',
  stick: 'M8 9V3h8v6M6 9h12v10l-2 2H8l-2-2zM10.5 5.5v1m3-1v1',
  alert: 'M12 3L2.5 20.5h19zM12 10v4.5m0 2.6v.4',
  cart: 'M3 4h3l2.4 11h10l2.1-8H7M10 19.5v.5m8-.5v.5',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4 21c.6-4.3 3.8-6 8-6s7.4 1.7 8 6',
  sight:
    'M2 12c2.6-4.6 6-6.5 10-6.5s7.4 1.9 10 6.5c-2.6 4.6-6 6.5-10 6.5S4.6 16.6 2 12M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6',
  remove: 'M8 5h13v14H8l-6-7zM11.5 9.5l5 5m0-5l-5 5',
  shift: 'M12 4l8 9h-4v7H8v-7H4z',
  offline:
    'M3 3l18 18M5 12.5c1.3-1.3 2.8-2.2 4.5-2.7M2 9c1.4-1.3 3-2.4 4.8-3.1M22 9c-2.7-2.6-6.1-4-10-4M8.5 16c1-.9 2.2-1.3 3.5-1.3s2.5.4 3.5 1.3M12 19.5v.3',
  leave: 'M14 4H5v16h9M10 12h11m-4-4l4 4-4 4',
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M8 5v14m8-14v14',
  sound: 'M3 9.5v5h4l5 4.5V5L7 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  mute: 'M3 9.5v5h4l5 4.5V5L7 9.5zM16 9.5l5 5m0-5l-5 5',
  full: 'M4 9V4h5m6 0h5v5m0 6v5h-5m-6 0H4v-5',
  unfull: 'M9 4v5H4m16 0h-5V4m0 16v-5h5M4 15h5v5',
  keys: 'M2.5 6h19v12h-19zM6 10h.1m3.9 0h.1m3.9 0h.1m3.9 0h.1M7.5 14h9',
} as const;
export type IconName = keyof typeof ICONS;

/** A star for ratings, filled or as an outline. */
export const STAR = 'M12 2.8l2.8 6 6.5.8-4.8 4.5 1.3 6.5L12 17.4l-5.8 3.2 1.3-6.5L2.7 9.6l6.5-.8z';
