import { parseSpan } from '../../node/jsonSpans.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { Instance } from '../instances/instance.ts';
import type { Upstream } from '../upstreams/upstream.ts';

const setLevelMs = 10_000;

/** Remembers which run of each server a client spoke to: after a restart, what the server held in memory is gone, and the model must know. */
export class RestartNotes {
  private readonly spokenTo = new Map<string, Upstream>();
  private readonly restarted = new WeakSet<Instance>();
  private readonly resumed: boolean;

  /** `resumed`: another gateway served this client before, and its servers are gone. */
  constructor(resumed: boolean) {
    this.resumed = resumed;
  }

  /** The client is about to speak to this run of the server. */
  sending(instance: Instance, upstream: Upstream, level: string | undefined): void {
    const { name } = instance.spec.server;
    const before = this.spokenTo.get(name);
    if (before === upstream) {
      return;
    }
    this.spokenTo.set(name, upstream);
    if (instance.spec.sharing === 'session') {
      if (before !== undefined || this.resumed) {
        this.restarted.add(instance);
      }
      if (level !== undefined && 'logging' in (upstream.hello?.capabilities ?? {})) {
        void upstream.ask('logging/setLevel', { level }, setLevelMs);
      }
    }
  }

  /** The result of a tool, with a word about the restart in front where there was one; in its structure only where that may hold more. */
  addTo(result: Buffer, instance: Instance, mayAddMembers: boolean): Buffer {
    if (!this.restarted.delete(instance)) {
      return result;
    }
    const { name } = instance.spec.server;
    const text = `[Wharf] The server "${name}" was restarted since your last call: what it held in memory, such as open pages or sessions, is gone.`;
    const value = parseSpan(result, { start: 0, end: result.length });
    if (!isObject(value)) {
      return result;
    }
    const content = Array.isArray(value['content']) ? (value['content'] as readonly unknown[]) : [];
    const structured = value['structuredContent'];
    return Buffer.from(
      JSON.stringify({
        ...value,
        content: [{ type: 'text', text }, ...content],
        // Codex shows a model nothing but this where it is there.
        ...(isObject(structured) && mayAddMembers ? { structuredContent: { ...structured, _wharf: text } } : {}),
      }),
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Clients hold what is structured against the tool's own schema, and may refuse a member that it does not name. Codex does not. */
export function mayHoldMore({ outputSchema }: McpTool, client: string): boolean {
  const isOpen =
    !isObject(outputSchema) || (outputSchema['additionalProperties'] !== false && outputSchema['unevaluatedProperties'] !== false);
  return isOpen || client.startsWith('codex');
}
