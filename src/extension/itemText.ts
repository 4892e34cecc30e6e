import { visibleText } from '../shared/visibleText.ts';

/** A list item shows `$(name)` as an icon, and what cannot be seen not at all: neither is for the words of a file. */
export function itemText(text: string): string {
  return visibleText(text).replaceAll(/\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/g, '\\$&');
}
