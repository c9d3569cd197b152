import '#shared/ui/touch.css';
import { mount } from 'svelte';
import { assert } from '#shared/kernel/assert.ts';
import { createSession } from '#shared/ui/session.ts';
import type { ReturnIntent, ReturnSnapshot } from '../app/session/contract.ts';
import App from './App.svelte';

const target = document.getElementById('app');
assert(target !== null, 'the page has a place for the app');

const session = createSession<ReturnSnapshot, ReturnIntent>({
  address: './session',
  after: (milliseconds, callback) => void setTimeout(callback, milliseconds),
});
mount(App, { target, props: { session } });
