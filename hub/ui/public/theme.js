// Before the first paint: the theme that was chosen here, else the system's. `theme.svelte.ts` is the switch.
{
  let kept = null;
  try {
    kept = localStorage.getItem('keyturn.console.theme');
  } catch {
    // A browser that keeps nothing has the system's.
  }
  const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}
