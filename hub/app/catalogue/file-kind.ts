import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

/** How many bytes of a file are enough to tell what it is. */
export const HEAD_BYTES = 4096;

interface Magic {
  readonly kind: string;
  readonly at?: number;
  readonly bytes: string;
}

/** First bytes in hex; `..` stands for any byte. The first that fits counts. */
const MAGICS: readonly Magic[] = [
  { kind: 'image/png', bytes: '89504e470d0a1a0a' },
  { kind: 'image/jpeg', bytes: 'ffd8ff' },
  { kind: 'image/webp', bytes: '52494646........57454250' },
  { kind: 'audio/wav', bytes: '52494646........57415645' },
  { kind: 'image/gif', bytes: '47494638' },
  { kind: 'image/avif', at: 4, bytes: '6674797061766966' },
  { kind: 'image/avif', at: 4, bytes: '6674797061766973' },
  { kind: 'image/heif', at: 4, bytes: '6674797068656963' },
  { kind: 'iso-media', at: 4, bytes: '66747970' },
  { kind: 'matroska', bytes: '1a45dfa3' },
  { kind: 'ogg', bytes: '4f676753' },
  { kind: 'audio/flac', bytes: '664c6143' },
  { kind: 'audio/mpeg', bytes: '494433' },
  { kind: 'audio/mpeg', bytes: 'fffb' },
  { kind: 'audio/mpeg', bytes: 'fff3' },
  { kind: 'audio/mpeg', bytes: 'fff2' },
  { kind: 'audio/aac', bytes: 'fff1' },
  { kind: 'audio/aac', bytes: 'fff9' },
  { kind: 'application/pdf', bytes: '255044462d' },
  { kind: 'archive', bytes: '504b0304' },
  { kind: 'archive', bytes: '504b0506' },
  { kind: 'archive', bytes: '1f8b' },
  { kind: 'archive', bytes: '425a68' },
  { kind: 'archive', bytes: 'fd377a585a00' },
  { kind: 'archive', bytes: '28b52ffd' },
  { kind: 'archive', bytes: '377abcaf271c' },
  { kind: 'archive', bytes: '526172211a07' },
  { kind: 'archive', at: 257, bytes: '7573746172' },
  { kind: 'program', bytes: '7f454c46' },
  { kind: 'program', bytes: '4d5a' },
  { kind: 'program', bytes: '2321' },
  { kind: 'program', bytes: 'cafebabe' },
  { kind: 'program', bytes: 'cffaedfe' },
  { kind: 'program', bytes: '0061736d' },
];

/** What a file is by its first bytes: a media type, a family, `text`, or `unknown`. */
export function kindOf(head: Uint8Array): string {
  const bytes = Buffer.from(head.subarray(0, HEAD_BYTES));
  return MAGICS.find((magic) => fits(bytes, magic))?.kind ?? (isText(bytes) ? 'text' : 'unknown');
}

function fits(head: Buffer, { at = 0, bytes }: Magic): boolean {
  const pairs = bytes.match(/../g) ?? [];
  return pairs.every((pair, index) => pair === '..' || head[at + index] === Number.parseInt(pair, 16));
}

/** UTF-8 without control characters; a character that the head cuts in two is no fault. */
function isText(head: Buffer): boolean {
  const text = new TextDecoder('utf-8', { fatal: false }).decode(head, { stream: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells that it is no text
  return head.length > 0 && !/[\0-\x08\x0b\x0e-\x1f\x7f\ufffd]/.test(text);
}

export const isPicture = (kind: string): boolean => ['image/jpeg', 'image/png', 'image/webp'].includes(kind);

const ANYTHING: readonly string[] = ['*'];

/** Media types that an edition may have, and what its file must then be: what the player shows, nothing that unpacks or runs outside its frame. */
const EDITIONS: Readonly<Record<string, readonly string[]>> = {
  'video/webm': ['matroska'],
  'video/x-matroska': ['matroska'],
  'audio/webm': ['matroska'],
  'video/mp4': ['iso-media'],
  'audio/mp4': ['iso-media'],
  'video/x-m4v': ['iso-media'],
  'audio/x-m4a': ['iso-media'],
  'video/quicktime': ['iso-media'],
  'video/ogg': ['ogg'],
  'audio/ogg': ['ogg'],
  'audio/mpeg': ['audio/mpeg'],
  'audio/aac': ['audio/aac'],
  'audio/flac': ['audio/flac'],
  'audio/x-flac': ['audio/flac'],
  'audio/wav': ['audio/wav'],
  'audio/x-wav': ['audio/wav'],
  'image/png': ['image/png'],
  'image/jpeg': ['image/jpeg'],
  'image/webp': ['image/webp'],
  'image/gif': ['image/gif'],
  'image/avif': ['image/avif'],
  'application/pdf': ['application/pdf'],
  // Shown by no player, run and unpacked by none: what it is does not matter.
  'application/octet-stream': ANYTHING,
  'text/plain': ['text'],
  'text/html': ['text'],
  'text/markdown': ['text'],
};

/** An edition's file is what its sender says it is (SEC-8): by its first bytes, never by its name or declared type alone. */
export function editionFits(
  mediaType: string,
  head: Uint8Array,
): Result<void, Fault<'media_type_unsupported' | 'media_type_mismatch'>> {
  const wanted = Object.hasOwn(EDITIONS, mediaType) ? EDITIONS[mediaType] : undefined;
  if (wanted === undefined)
    return fault('media_type_unsupported', `no player shows ${mediaType}`, {
      known: Object.keys(EDITIONS),
    });
  const kind = kindOf(head);
  return wanted === ANYTHING || wanted.includes(kind)
    ? ok(undefined)
    : fault('media_type_mismatch', `the file is no ${mediaType}`, { found: kind });
}
