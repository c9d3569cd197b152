import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { z } from 'zod';

/** A member of staff at the hub's API: signs in once, asks and orders with typed answers. */
export class StaffAgent {
  readonly #base: string;
  #cookie = '';

  constructor(hubUrl: string) {
    this.#base = `${hubUrl.replace(/\/+$/, '')}/api/v1`;
  }

  async signIn(name: string, password: string): Promise<void> {
    const answer = await fetch(`${this.#base}/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    if (!answer.ok) throw new Error(`staff sign-in was refused: ${await answer.text()}`);
    this.#cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  }

  get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.#ask('GET', path, undefined, schema);
  }

  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#ask('POST', path, JSON.stringify(body), schema);
  }

  /** Uploads a file as an edition, as a stream: nothing of it is held in memory. */
  async uploadEdition(titleId: string, file: string, mediaType: string, sha256: string): Promise<void> {
    const answer = await fetch(`${this.#base}/titles/${titleId}/edition`, {
      method: 'POST',
      headers: { Cookie: this.#cookie, 'Content-Type': mediaType, 'X-Content-SHA256': sha256 },
      body: Readable.toWeb(createReadStream(file, { highWaterMark: 1 << 20 })) as unknown as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    if (!answer.ok) throw new Error(`the upload was refused: ${await answer.text()}`);
    await answer.arrayBuffer();
  }

  async #ask<T>(method: string, path: string, body: string | undefined, schema: z.ZodType<T>): Promise<T> {
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      headers: {
        Cookie: this.#cookie,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was refused (${answer.status}): ${text}`);
    return schema.parse(JSON.parse(text));
  }
}
