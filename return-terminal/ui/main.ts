import '#shared/ui/touch.css';
import { openTerminalPage } from '#shared/ui/terminal-page.ts';
import App from './App.svelte';

openTerminalPage(App);
