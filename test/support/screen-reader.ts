import type { Page } from 'playwright-core';

/** One thing that a screen reader would say, in reading order. */
export interface Spoken {
  readonly role: string;
  readonly name: string;
  readonly level: number | null;
  readonly depth: number;
  /** `polite`, `assertive`: told by itself when it changes. */
  readonly live: string | null;
  readonly modal: boolean;
}

interface Node {
  readonly nodeId: string;
  readonly ignored: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
  readonly childIds?: readonly string[];
}

/** Chromium's accessibility tree of the page as it is now, read from top to bottom (SCR-6). */
export async function readAloud(page: Page): Promise<readonly Spoken[]> {
  const client = await page.context().newCDPSession(page);
  const { nodes } = (await client.send('Accessibility.getFullAXTree')) as { nodes: readonly Node[] };
  await client.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node] as const));
  const spoken: Spoken[] = [];
  const read = (node: Node | undefined, depth: number): void => {
    if (node === undefined) return;
    const property = (name: string): unknown =>
      node.properties?.find((one) => one.name === name)?.value.value ?? null;
    const level = property('level');
    const live = property('live');
    if (!node.ignored)
      spoken.push({
        role: node.role?.value ?? '',
        name: (node.name?.value ?? '').trim(),
        level: typeof level === 'number' ? level : null,
        depth,
        live: typeof live === 'string' && live !== 'off' ? live : null,
        modal: property('modal') === true,
      });
    for (const id of node.childIds ?? []) read(byId.get(id), depth + 1);
  };
  read(nodes[0], 0);
  return spoken;
}

const CONTROLS = new Set(
  'button link textbox searchbox combobox listbox checkbox radio switch slider spinbutton tab menuitem option'.split(
    ' ',
  ),
);
const NAMED = new Set([
  ...CONTROLS,
  'image',
  'progressbar',
  'meter',
  'dialog',
  'alertdialog',
  'table',
  'navigation',
]);

/** What somebody who only hears the page would miss: names, one heading that it begins with, the main part, an order that makes sense. */
export function unheard(spoken: readonly Spoken[]): readonly string[] {
  const faults = spoken
    .filter(({ role, name }) => NAMED.has(role) && name === '')
    .map(({ role }) => `a ${role} without a name`);
  const part = mainPart(spoken);
  if (part === null) return [...faults, 'no main part and no dialog'];
  const headings = part.filter(({ role }) => role === 'heading');
  const [first] = headings;
  if (first === undefined) return [...faults, 'no heading in what matters now'];
  if (part[0]?.role === 'main') {
    const firsts = spoken.filter(({ role, level }) => role === 'heading' && level === 1);
    if (firsts.length !== 1)
      faults.push(`${firsts.length} headings of level 1: ${firsts.map(({ name }) => name).join(', ')}`);
    if (first.level !== 1) faults.push(`“${first.name}” stands before the heading of level 1`);
  }
  const empty = headings.filter(({ name }) => name === '').length;
  if (empty > 0) faults.push(`${empty} headings without words`);
  return faults;
}

/** What is read first now: the open dialog, else the main part. */
export function mainPart(spoken: readonly Spoken[]): readonly Spoken[] | null {
  const dialog = spoken.findIndex(({ role, modal }) => /dialog$/.test(role) && modal);
  const begins = dialog >= 0 ? dialog : spoken.findIndex(({ role }) => role === 'main');
  const top = spoken[begins];
  if (top === undefined) return null;
  const after = spoken.slice(begins + 1);
  const end = after.findIndex(({ depth }) => depth <= top.depth);
  return [top, ...(end < 0 ? after : after.slice(0, end))];
}

/** Words that are told by themselves when they come: status, alert, live regions. */
export const toldByItself = (spoken: readonly Spoken[]): readonly Spoken[] =>
  spoken.filter(
    ({ role, live }) => live !== null || role === 'alert' || role === 'status' || /dialog$/.test(role),
  );
