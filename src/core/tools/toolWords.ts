import type { McpTool } from '../../shared/mcp.ts';
import { isRecord, listOf, textOf } from '../provenance/json.ts';

/** A tool for a person: what it is called, what it says of itself, and its arguments with their types. */
export function toolLines(tool: McpTool): readonly string[] {
  const schema: unknown = tool.inputSchema;
  const properties = isRecord(schema) && isRecord(schema['properties']) ? Object.entries(schema['properties']) : [];
  const required = isRecord(schema) ? listOf(schema['required']) : [];
  const title = tool.title === undefined || tool.title === tool.name ? [] : [tool.title];
  return [
    tool.name,
    ...[...title, ...(tool.description ?? '').split('\n').filter((line) => line.trim() !== '')].map((line) => `  ${line}`.trimEnd()),
    properties.length === 0 ? 'It takes no arguments.' : 'Arguments:',
    ...properties.map(([name, property]) => {
      const [type, words] = isRecord(property) ? [typeOf(property), textOf(property['description']) ?? ''] : ['', ''];
      const kind = [type, required.includes(name) ? 'required' : ''].filter((part) => part !== '').join(', ');
      return `  ${name}${kind === '' ? '' : ` (${kind})`}${words === '' ? '' : `: ${words.replaceAll(/\s+/g, ' ').trim()}`}`;
    }),
  ];
}

function typeOf({ type, enum: values }: Readonly<Record<string, unknown>>): string {
  const words = listOf(values).filter((value) => typeof value === 'string');
  return words.length > 0
    ? words.join('|')
    : listOf(Array.isArray(type) ? type : [type])
        .filter((one) => typeof one === 'string')
        .join('|');
}
