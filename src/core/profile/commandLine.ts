/** A command with its arguments, each word quoted where it would look like several, or like nothing. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** A word as it stands, in quotation marks where it would look like several, or like nothing. */
export function quoted(word: string): string {
  return /^[^\s"',]+$/.test(word) ? word : JSON.stringify(word);
}
