import { mount } from 'svelte';
import '#shared/ui/touch.css';
import { loadJapaneseLetters } from '#shared/ui/letters.ts';
import App from './App.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no place for the player');
mount(App, { target });
void loadJapaneseLetters();
