import { MessageChannel } from 'node:worker_threads';

const { port1: nowhere, port2: nobody } = new MessageChannel();
nobody.close();

/**
 * Gives back the memory of a buffer that nobody reads any more; it is empty then. node:crypto makes a new buffer of every piece that it enciphers, some 16,000 a gigabyte: left to the
 * collector, 30 MiB of them pile up at a time, and it marks all of the process's memory over and over to get rid of them. What is posted in a transfer leaves its sender
 * at once (HTML, structured clone), also where the other end is closed. A view of a larger buffer stays as it is.
 */
export function releaseBuffer(bytes: Uint8Array): void {
  if (bytes.byteLength > 0 && bytes.byteLength === bytes.buffer.byteLength)
    nowhere.postMessage(null, [bytes.buffer as ArrayBuffer]);
}
