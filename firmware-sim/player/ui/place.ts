/** "1:02:05", "4:09": a place in a work. */
export function clockOf(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Within so many seconds of its beginning or end a work begins anew. */
const EDGE_SECONDS = 5;
/** A place is told this often while playing, and at every pause. */
const TELL_EVERY_SECONDS = 10;

/** Where playing goes on: the remembered place, or the beginning. `duration` in seconds; NaN: unknown. */
export const resumeAt = (position: number, duration: number): number =>
  position < EDGE_SECONDS || !(position < duration - EDGE_SECONDS) ? 0 : position;

/** Says when a place is worth telling, so that nothing is written at every moment. */
export function placeMemory(tell: (seconds: number) => void): {
  readonly moved: (seconds: number) => void;
  readonly left: (seconds: number, ended: boolean) => void;
} {
  let told = 0;
  const say = (seconds: number): void => {
    told = seconds;
    tell(seconds);
  };
  return {
    moved: (seconds) => {
      if (Math.abs(seconds - told) >= TELL_EVERY_SECONDS) say(seconds);
    },
    left: (seconds, ended) => say(ended ? 0 : seconds),
  };
}
