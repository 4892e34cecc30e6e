import { segments, visible } from './format.ts';

type Attributes = Readonly<Record<string, string | boolean>>;

/** Creates an element. `true` is an attribute without a value, `false` none. Strings among the children become text nodes. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) {
      created.setAttribute(name, value === true ? '' : value);
    }
  }
  created.append(...children);
  return created;
}

/** Sets the text only when it differs, so that unchanged rows cost no layout. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

const maxName = 300;

/** A name from outside, short and with nothing invisible in it. */
export function shortName(name: string): string {
  return visible(name.length > maxName ? `${name.slice(0, maxName)}…` : name);
}

/** Appends text from outside; what cannot be seen is marked as an escape. */
export function appendVisible(target: HTMLElement, text: string): void {
  for (const segment of segments(text)) {
    target.append(
      segment.escaped ? element('span', { class: 'escape', title: 'A character that cannot be seen' }, segment.text) : segment.text,
    );
  }
}
