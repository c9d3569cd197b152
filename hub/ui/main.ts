import './console.css';
import { mount } from 'svelte';
import { assert } from '#shared/kernel/assert.ts';
import { loadJapaneseLetters } from '#shared/ui/letters.ts';
import App from './App.svelte';

const target = document.getElementById('app');
assert(target !== null, 'the page has a place for the console');
mount(App, { target });
void loadJapaneseLetters();
