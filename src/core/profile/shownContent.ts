/** What was allowed of a profile, as a person reads it: its text, and what lean entries took from catalogues (`contentOfProfile`). */
export function shownContent(content: string): string {
  const [text = '', lookedUp] = content.split('\0');
  if (lookedUp === undefined) {
    return text;
  }
  try {
    return `${text.replace(/\r?\n?$/, '\n')}# Its catalogues say:\n${JSON.stringify(JSON.parse(lookedUp), null, 2)}\n`;
  } catch {
    return text;
  }
}
