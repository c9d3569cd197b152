import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type Api, at } from './api.ts';

export interface TitleOptions {
  readonly about: string;
  readonly mediaType: string;
  readonly poster?: string;
  readonly subtitles?: readonly string[];
}

/** A JSON file of the caller. */
export async function readJson(
  path: string,
): Promise<Result<unknown, Fault<'file_unreadable' | 'file_malformed'>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return fault('file_unreadable', `${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return ok(JSON.parse(text));
  } catch {
    return fault('file_malformed', `${path} is not JSON`);
  }
}

/** Adds a title, then its edition, poster and subtitles. The file is hashed first and sent as a stream: its size does not matter. */
export async function addTitle(
  api: Api,
  file: string,
  options: TitleOptions,
): Promise<Result<unknown, Fault>> {
  const about = await readJson(options.about);
  if (!about.ok) return about;
  const hashed = await hashFile(file);
  if (!hashed.ok) return hashed;
  const made = await api.send('POST', '/titles', about.value);
  if (!made.ok) return made;
  const { titleId } = made.value as { titleId: string };
  const headers = {
    'content-type': options.mediaType,
    'content-length': String(hashed.value.bytes),
    'x-content-sha256': hashed.value.sha256,
  };
  const content = Readable.toWeb(createReadStream(file)) as ReadableStream;
  const edition = await api.upload(at`/titles/${titleId}/edition`, { content, headers });
  if (!edition.ok) return edition;
  if (options.poster !== undefined) {
    const poster = await uploadSmall(api, at`/titles/${titleId}/poster`, options.poster);
    if (!poster.ok) return poster;
  }
  for (const named of options.subtitles ?? []) {
    const [language = '', path = ''] = named.split('=', 2);
    const sent = await uploadSmall(api, at`/titles/${titleId}/subtitles/${language}`, path);
    if (!sent.ok) return sent;
  }
  return api.get(at`/titles/${titleId}`);
}

async function hashFile(
  path: string,
): Promise<Result<{ bytes: number; sha256: string }, Fault<'file_unreadable'>>> {
  try {
    const { size } = await stat(path);
    const hash = createHash('sha256');
    for await (const block of createReadStream(path, { highWaterMark: 1024 * 1024 }))
      hash.update(block as Buffer);
    return ok({ bytes: size, sha256: hash.digest('hex') });
  } catch (error) {
    return fault('file_unreadable', `${path} cannot be read: ${(error as Error).message}`);
  }
}

async function uploadSmall(api: Api, path: string, file: string): Promise<Result<unknown, Fault>> {
  try {
    const content = new Uint8Array(await readFile(file));
    return await api.upload(path, { content, headers: { 'content-type': 'application/octet-stream' } });
  } catch (error) {
    return fault('file_unreadable', `${file} cannot be read: ${(error as Error).message}`);
  }
}
