import { element } from '../dom.ts';
import { formatKilobytes, visible } from '../format.ts';
import { jsonTokens } from '../jsonText.ts';
import { Chunks } from './chunks.ts';

/** Longer texts are shown in part until the user asks for all. In UTF-16 code units. */
export const foldAbove = 100 * 1024;
const previewLength = 1024;
/** Longer texts are shown without colours: each colour is an element. */
const colourUpTo = 256 * 1024;

export type TextKind = 'json' | 'text';

/** Text from outside as a block. It only ever becomes text nodes. */
export function textBlock(text: string, kind: TextKind): HTMLElement {
  const pre = element('pre', { class: `code ${kind}`, dir: kind === 'json' ? 'ltr' : 'auto' });
  if (text.length <= foldAbove) {
    fill(pre, text, kind);
    return element('div', { class: 'block' }, pre);
  }
  fill(pre, preview(text), kind);
  pre.classList.add('folded');
  const more = element('button', { type: 'button', class: 'more' }, `Show all ${formatKilobytes(new Blob([text]).size)}`);
  const block = element('div', { class: 'block' }, pre, more);
  more.addEventListener('click', () => {
    pre.replaceChildren();
    pre.classList.remove('folded');
    fill(pre, text, kind);
    pre.tabIndex = -1;
    pre.focus({ preventScroll: true });
    more.remove();
  });
  return block;
}

function fill(pre: HTMLElement, text: string, kind: TextKind): void {
  const chunks = new Chunks(pre);
  if (text.length > colourUpTo) {
    chunks.add(visible(text));
    return;
  }
  if (kind === 'text') {
    chunks.add(text);
    return;
  }
  for (const token of jsonTokens(text)) {
    chunks.add(token.text, token.kind === 'punctuation' ? undefined : `token ${token.kind}`);
  }
}

/** The beginning, cut at a line end where there is one near. */
function preview(text: string): string {
  const lineEnd = text.lastIndexOf('\n', previewLength);
  return text.slice(0, lineEnd > previewLength / 2 ? lineEnd : previewLength);
}
