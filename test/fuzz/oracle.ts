import { assert } from '#shared/kernel/assert.ts';
import type { Fault } from '#shared/kernel/result.ts';

const CODE = /^[a-z][a-z0-9_]{0,63}$/;
/** Longest text that a refusal may bring: it goes into logs and answers. */
const MESSAGE_CHARACTERS = 2000;

/** A refusal has a stable code and stays small, whatever was sent. Answers the code. */
export function refusal(fault: Fault): string {
  assert(CODE.test(fault.code), `${JSON.stringify(fault.code)} is a stable code`);
  assert(
    fault.message.length <= MESSAGE_CHARACTERS,
    `a message of ${fault.message.length} characters is too long`,
  );
  const details = fault.details === undefined ? 0 : JSON.stringify(fault.details).length;
  assert(details <= 20_000, `details of ${details} characters are too long`);
  return fault.code;
}

/**
 * What was read says nothing that was not sent: every fact of `read` stands at the same place in `sent`, own and equal. A default in place of a missing
 * fact, a coerced number, a field out of a prototype are found by this.
 */
export function expectSaid(read: unknown, sent: unknown, place = ''): void {
  if (typeof read !== 'object' || read === null) {
    assert(
      read === sent || (read === 0 && sent === 0),
      `${place}: read ${String(read)}, sent ${typeof sent}`,
    );
    return;
  }
  assert(typeof sent === 'object' && sent !== null, `${place}: read an object, sent ${typeof sent}`);
  assert(Array.isArray(read) === Array.isArray(sent), `${place}: list and object are not the same`);
  if (Array.isArray(read))
    assert(read.length === (sent as unknown[]).length, `${place}: a list of another length`);
  for (const key of Object.keys(read)) {
    const inner = Object.getOwnPropertyDescriptor(read, key)?.value as unknown;
    if (inner === undefined) continue;
    assert(Object.hasOwn(sent, key), `${place}.${key}: read, but never sent`);
    expectSaid(inner, Object.getOwnPropertyDescriptor(sent, key)?.value, `${place}.${key}`);
  }
}

/** What was read, written again and read again, is the same text. */
export function expectSameAgain<T>(read: T, again: (text: string) => T): void {
  const text = JSON.stringify(read);
  assert(JSON.stringify(again(text)) === text, 'written and read again it is something else');
}
