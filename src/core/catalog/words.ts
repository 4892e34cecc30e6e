const wordPattern = /[\p{L}\p{N}]+/gu;
const plainWord = /[a-z0-9]+/g;
const plain = /^[\x20-\x7e\n\r\t]*$/;
/** `listIssues` is two words too; `GitHub` stays one. */
const camel = /[a-z][A-Z]/;

/** The words of a text, in lower case. */
export function wordsOf(text: string): readonly string[] {
  const lower = text.toLowerCase();
  return lower.match(plain.test(text) ? plainWord : wordPattern) ?? [];
}

/** The words of a tool's name, whichever way it joins them; one that is joined by capitals counts as a whole too. */
export function wordsOfName(name: string): readonly string[] {
  return camel.test(name) ? [...wordsOf(name), ...wordsOf(name.replaceAll(/([a-z])(?=[A-Z])/g, '$1 '))] : wordsOf(name);
}
