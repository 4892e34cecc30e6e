/*
 * What a token of the HTTP endpoint may use of a profile: `tool`, `server:tool`, `server:*` or `*`, as behind `--tools`, but
 * letter by letter, and a name with a colon always means a server: a server must not get in by calling its tool `other:tool`.
 */

/** Whether a grant, where there is one, takes in a tool. */
export function isGranted(server: string, tool: string, granted: readonly string[] | undefined): boolean {
  return (
    granted === undefined ||
    granted.some((one) => (one.includes(':') ? one === `${server}:${tool}` || one === `${server}:*` : one === tool || one === '*'))
  );
}

/** Whether it takes in all of a server, and so what is no tool as well: its prompts, resources and instructions. */
export function isServerGranted(server: string, granted: readonly string[] | undefined): boolean {
  return granted === undefined || granted.includes('*') || granted.includes(`${server}:*`);
}

/** Whether a server may have a tool that it takes in: others need not even be started. */
export function mayHaveGranted(server: string, granted: readonly string[] | undefined): boolean {
  return granted === undefined || granted.some((one) => !one.includes(':') || one.startsWith(`${server}:`));
}

/** Whether a text is such a name. */
export function isToolName(text: string): boolean {
  return /^\S+$/.test(text) && !text.startsWith(':') && !text.endsWith(':');
}
