/**
 * A `<dialog>` that is open as long as it is there, with everything else out of reach. When it goes, the focus is where it was before, so that a keyboard
 * or screen reader goes on there: the browser does that only for a dialog that is closed while it still stands in the page.
 */
export function modal(node: HTMLDialogElement): { readonly destroy: () => void } {
  const before = document.activeElement;
  node.showModal();
  // The focus is on its first control, at the end of its words: they are read from their beginning.
  node.scrollTop = 0;
  // A second Escape in a row closes a dialog without asking it. Closed and still there it could be neither seen nor opened again.
  const closed = () => node.showModal();
  node.addEventListener('close', closed);
  return {
    destroy: () => {
      node.removeEventListener('close', closed);
      node.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    },
  };
}
