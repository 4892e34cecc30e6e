import { formatBytes } from './format.ts';

/** A part of a tool's result as a person reads it first. */
export type ResultBlock = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'note'; readonly text: string };

/**
 * The blocks of an MCP result's `content`, or the sentence of a JSON-RPC error. A block that is not text becomes a note.
 * https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
export function resultBlocks(result: unknown): readonly ResultBlock[] {
  if (!isRecord(result)) {
    return [];
  }
  const content = result['content'];
  if (Array.isArray(content)) {
    return content.map(blockOf);
  }
  const { code, message } = result;
  return typeof code === 'number' && typeof message === 'string' ? [{ kind: 'text', text: `Error ${code}: ${message}` }] : [];
}

function blockOf(item: unknown): ResultBlock {
  if (!isRecord(item)) {
    return { kind: 'note', text: 'a block of an unknown kind' };
  }
  const { type, text, mimeType, data, uri } = item;
  if (type === 'text' && typeof text === 'string') {
    return { kind: 'text', text };
  }
  const words = [typeof type === 'string' ? type : 'a block of an unknown kind'];
  if (typeof mimeType === 'string') {
    words.push(mimeType);
  }
  if (typeof data === 'string') {
    words.push(formatBytes(Math.floor((data.length * 3) / 4)));
  }
  const resource = item['resource'];
  const address = uri ?? (isRecord(resource) ? resource['uri'] : undefined);
  if (typeof address === 'string') {
    words.push(address);
  }
  return { kind: 'note', text: words.join(' · ') };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
