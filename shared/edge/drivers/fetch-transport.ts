import { fault, ok } from '#shared/kernel/result.ts';
import type { HttpTransport } from '../http-transport.ts';

/** `fetch` of Node.js with a time limit over the whole exchange and a limit of the answer's length. Redirects are not followed. */
export const fetchTransport: HttpTransport = {
  request: async (request) => {
    const limit = AbortSignal.timeout(request.timeout);
    const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        redirect: 'manual',
        signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length;
        if (bytes > request.maxBytes)
          return fault('answer_too_large', `more than ${request.maxBytes} bytes from ${request.url}`);
        chunks.push(chunk);
      }
      return ok({
        status: response.status,
        header: (name: string) => response.headers.get(name),
        body: Buffer.concat(chunks, bytes),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      return fault('hub_away', `${error instanceof Error ? error.message : 'no answer'}${cause}`);
    }
  },
};
