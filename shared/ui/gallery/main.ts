import '../touch.css';
import { mount } from 'svelte';
import { assert } from '#shared/kernel/assert.ts';
import { loadJapaneseLetters } from '../letters.ts';
import Gallery from './Gallery.svelte';

const target = document.getElementById('app');
assert(target !== null, 'the page has a place for the gallery');
mount(Gallery, { target });
void loadJapaneseLetters();
