import { skipBlanks } from './lines.ts';

const part = '(?:[A-Za-z0-9_-]+|"(?:[^"\\\\\\r\\n]|\\\\.)*"|\'[^\'\\r\\n]*\')';
const key = `${part}(?:[ \\t]*\\.[ \\t]*${part})*`;

const keyLine = new RegExp(`[ \\t]*${key}[ \\t]*=`, 'y');
const headerLine = new RegExp(
  `[ \\t]*\\[\\[?[ \\t]*(${part})(?:[ \\t]*\\.[ \\t]*${part})*[ \\t]*\\]\\]?[ \\t]*(?:#.*)?(?=[\\r\\n]|$)`,
  'y',
);

/**
 * Whether the line at `offset`, met inside an open array, is rather the next statement.
 * Behind a comma a line such as `[1]` is an item; `[mcp_servers.x]` is never one.
 */
export function leavesArray(text: string, offset: number, afterItem: boolean): boolean {
  keyLine.lastIndex = offset;
  return keyLine.test(text) || isHeader(text, offset, afterItem);
}

/**
 * Whether the line at `offset`, met inside an inline table of a statement that is indented by `indent`, is rather the next
 * statement. Behind an entry without a comma, a key that is indented deeper only misses the comma.
 */
export function leavesInlineTable(text: string, offset: number, afterItem: boolean, indent: number): boolean {
  if (isHeader(text, offset, true)) {
    return true;
  }
  const first = skipBlanks(text, offset);
  return afterItem && first - offset <= indent && !/[},#\r\n]/.test(text.charAt(first));
}

function isHeader(text: string, offset: number, surely: boolean): boolean {
  headerLine.lastIndex = offset;
  const first = headerLine.exec(text)?.[1];
  if (first === undefined) {
    return false;
  }
  return (/^[A-Za-z_]/.test(first) && !/^(?:true|false|inf|nan)$/.test(first)) || (surely && /^["']/.test(first));
}
