import type { McpTool } from '../../shared/mcp.ts';

export interface RepairedTool {
  readonly tool: McpTool;
  /** What was changed, in words; empty for a sound tool. */
  readonly repairs: readonly string[];
}

type Check = { readonly is: (value: unknown) => boolean; readonly words: string };

const text: Check = { is: (value) => typeof value === 'string', words: 'a text' };
const flag: Check = { is: (value) => typeof value === 'boolean', words: 'true or false' };
const object: Check = { is: isObject, words: 'an object' };
const iconList: Check = {
  is: (value) => Array.isArray(value) && value.every((icon) => isObject(icon) && text.is(icon['src'])),
  words: 'a list of icons',
};

/** What may be absent or null, but never of another type. */
const toolKeys: Readonly<Record<string, Check>> = {
  title: text,
  description: text,
  outputSchema: object,
  annotations: object,
  icons: iconList,
  _meta: object,
};
const annotationKeys: Readonly<Record<string, Check>> = {
  title: text,
  readOnlyHint: flag,
  destructiveHint: flag,
  idempotentHint: flag,
  openWorldHint: flag,
};

/**
 * One tool without an input schema, or with a key of the wrong type, makes Codex drop the
 * whole server ("Unexpected response type"): it is mended instead, and reported.
 * undefined when what the server lists is no tool at all.
 */
export function repairTool(listed: unknown): RepairedTool | undefined {
  if (!isObject(listed) || typeof listed['name'] !== 'string') {
    return undefined;
  }
  const repairs: string[] = [];
  let tool = listed;
  if (!isObject(tool['inputSchema'])) {
    repairs.push('it had no input schema');
    tool = { ...tool, inputSchema: { type: 'object' } };
  }
  tool = withoutWrong(tool, toolKeys, repairs);
  if (isObject(tool['annotations'])) {
    const annotations = withoutWrong(tool['annotations'], annotationKeys, repairs);
    tool = annotations === tool['annotations'] ? tool : { ...tool, annotations };
  }
  return { tool: tool as unknown as McpTool, repairs };
}

/** Leaves out what has the wrong type, and says so in `repairs`. */
function withoutWrong(from: Record<string, unknown>, checks: Readonly<Record<string, Check>>, repairs: string[]): Record<string, unknown> {
  const wrong = Object.entries(checks).filter(([key, check]) => from[key] !== undefined && from[key] !== null && !check.is(from[key]));
  repairs.push(...wrong.map(([key, check]) => `its ${key} was not ${check.words}`));
  return wrong.length === 0 ? from : Object.fromEntries(Object.entries(from).filter(([key]) => !wrong.some(([name]) => name === key)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
