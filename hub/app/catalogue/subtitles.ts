import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

const MOST_CUES = 20_000;
const MOST_LINE = 1_000;
const TIME = /^(?:\d{2,4}:)?[0-5]\d:[0-5]\d\.\d{3}$/;
const SETTING = /^(?:vertical|line|position|size|align):[a-z0-9.,%+-]{1,30}$/;
/** Marks without attributes, which only change how a word looks. */
const MARK = /<(\/?)(b|i|u)>/g;

/**
 * Reads subtitles (WebVTT) and writes them anew: cues with their times, known settings and plain text; bold, italic and underline stay.
 * Styles, regions, notes, voices, links and anything else in angle brackets do not pass, so that no player ever gets markup from outside
 * (SEC-8). The format: WebVTT, W3C, §4.
 */
export function cleanSubtitles(bytes: Uint8Array): Result<Uint8Array, Fault<'subtitles_unreadable'>> {
  const text = decode(bytes);
  if (text === null) return fault('subtitles_unreadable', 'subtitles are text in UTF-8');
  const [first = '', ...blocks] = text.replaceAll('\0', '').split(/\n{2,}/);
  if (!/^WEBVTT(?:[ \t\n]|$)/.test(first))
    return fault('subtitles_unreadable', 'subtitles begin with WEBVTT');
  const cues: string[] = [];
  for (const block of blocks) {
    const cue = cleanCue(block);
    if (cue !== null) cues.push(cue);
    if (cues.length > MOST_CUES) return fault('subtitles_unreadable', `at most ${MOST_CUES} subtitles`);
  }
  return ok(Buffer.from(`${['WEBVTT', ...cues].join('\n\n')}\n`, 'utf8'));
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n');
  } catch {
    return null;
  }
}

/** A cue without its name; null for everything else: notes, styles, regions, damaged times. */
function cleanCue(block: string): string | null {
  const lines = block.split('\n').filter((line) => line !== '');
  const at = lines.slice(0, 2).findIndex((line) => line.includes('-->'));
  if (at === -1) return null;
  const [from = '', arrow, until = '', ...settings] = (lines[at] ?? '').trim().split(/[ \t]+/);
  if (!TIME.test(from) || arrow !== '-->' || !TIME.test(until)) return null;
  const kept = settings.filter((setting) => SETTING.test(setting));
  const words = lines
    .slice(at + 1)
    .map((line) => cleanText(line.slice(0, MOST_LINE)))
    .filter((line) => line !== '');
  return [[from, '-->', until, ...kept].join(' '), ...words].join('\n');
}

function cleanText(line: string): string {
  const marks: string[] = [];
  // Known marks are put aside, every other angle bracket goes, what was escaped stays escaped.
  const bare = line
    .replaceAll('\u0001', '')
    .replace(MARK, (mark) => `\u0001${marks.push(mark) - 1}\u0001`)
    .replace(/<[^>]*>?/g, '')
    .replaceAll('>', '&gt;')
    .replace(/&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/g, '&amp;');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the place holder cannot stand in the text itself
  return bare.replace(/\u0001(\d+)\u0001/g, (_all, index: string) => marks[Number(index)] ?? '');
}
