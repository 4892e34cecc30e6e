import { mirroredParameters } from '../../core/tools/mirroredParameters.ts';
import { repairTool } from '../../core/tools/repairTool.ts';
import type { McpTool } from '../../shared/mcp.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ServerHello } from '../upstreams/serverHello.ts';
import type { Upstream } from '../upstreams/upstream.ts';

/** Something that a server lists under a name or an address; unknown keys are kept. */
export type Listed<Key extends string> = Readonly<Record<Key, string>> & Readonly<Record<string, unknown>>;

/** Everything that a server says it offers. */
export interface ServerLists {
  readonly tools: readonly McpTool[];
  readonly prompts: readonly Listed<'name'>[];
  readonly resources: readonly Listed<'uri'>[];
  readonly templates: readonly Listed<'uriTemplate'>[];
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions?: string;
}

/** A list with more pages, or more entries, than this has no end. */
const pageLimit = 100;
const entryLimit = 5_000;
/** Bytes of all lists of one server, as JSON: a model could not read a hundredth of it. */
const byteLimit = 16 * 1024 * 1024;

/** Asks a server for every page of all that it offers. `report` gets one sentence for each tool that had to be mended. */
export async function askLists(
  upstream: Upstream,
  hello: ServerHello,
  server: string,
  timeoutMs: number,
  report: (text: string) => void,
): Promise<Result<ServerLists>> {
  const { capabilities } = hello;
  // A few old servers have tools and declare nothing at all.
  const hasTools = 'tools' in capabilities || Object.keys(capabilities).length === 0;
  const ask = (method: string, key: string, wanted: boolean): Promise<Result<readonly unknown[]>> =>
    wanted ? askPages(upstream, method, key, timeoutMs) : Promise.resolve(ok([]));
  const [tools, prompts, resources, templates] = await Promise.all([
    ask('tools/list', 'tools', hasTools),
    ask('prompts/list', 'prompts', 'prompts' in capabilities),
    ask('resources/list', 'resources', 'resources' in capabilities),
    ask('resources/templates/list', 'resourceTemplates', 'resources' in capabilities),
  ]);
  if (!tools.ok) {
    return tools;
  }
  const lists: ServerLists = {
    tools: upstream.isRemote ? sendable(mended(tools.value, server, report), server, report) : mended(tools.value, server, report),
    // A server that declares prompts and does not list them still has its tools.
    prompts: prompts.ok ? keyed(prompts.value, 'name') : [],
    resources: resources.ok ? keyed(resources.value, 'uri') : [],
    templates: templates.ok ? keyed(templates.value, 'uriTemplate') : [],
    capabilities,
    ...(hello.instructions === undefined ? {} : { instructions: hello.instructions }),
  };
  return checked(lists, server);
}

async function askPages(upstream: Upstream, method: string, key: string, timeoutMs: number): Promise<Result<readonly unknown[]>> {
  const all: unknown[] = [];
  let cursor: string | undefined;
  let bytes = 0;
  for (let page = 0; page < pageLimit; page++) {
    const reply = await upstream.ask(method, cursor === undefined ? {} : { cursor }, timeoutMs);
    if (reply.kind !== 'result') {
      return upstream.refusal(method, reply, timeoutMs);
    }
    bytes += reply.value.length;
    if (bytes > byteLimit) {
      return fail(problems.serverRefused(upstream.name, method, `Its list is longer than ${byteLimit} bytes.`));
    }
    const result = (parse(reply.value) ?? {}) as Readonly<Record<string, unknown>>;
    const items = result[key];
    for (const item of Array.isArray(items) ? (items as readonly unknown[]) : []) {
      all.push(item);
    }
    if (typeof result['nextCursor'] !== 'string' || all.length > entryLimit) {
      break;
    }
    cursor = result['nextCursor'];
  }
  return ok(all.slice(0, entryLimit));
}

/** Lists are written to disk and sent to clients: what is too large or too deep for that is no answer. */
function checked(lists: ServerLists, server: string): Result<ServerLists> {
  try {
    if (JSON.stringify(lists).length <= byteLimit) {
      return ok(lists);
    }
  } catch {
    return fail(problems.serverRefused(server, 'its lists', 'They are nested too deeply.'));
  }
  return fail(problems.serverRefused(server, 'its lists', `They are longer than ${byteLimit} bytes.`));
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function mended(listed: readonly unknown[], server: string, report: (text: string) => void): readonly McpTool[] {
  return listed.flatMap((one) => {
    const repaired = repairTool(one);
    if (repaired === undefined) {
      report(`A tool of "${server}" has no name and is left out.`);
      return [];
    }
    for (const repair of repaired.repairs) {
      report(`The tool "${repaired.tool.name}" of "${server}" was mended for Codex: ${repair}.`);
    }
    return [repaired.tool];
  });
}

/** 2026-07-28, Streamable HTTP: a tool whose headers cannot be made must be left out. */
function sendable(tools: readonly McpTool[], server: string, report: (text: string) => void): readonly McpTool[] {
  return tools.filter((tool) => {
    const mirroring = mirroredParameters(tool.inputSchema);
    if (mirroring.kind === 'wrong') {
      report(`The tool "${tool.name}" of "${server}" is left out: ${mirroring.why}.`);
    }
    return mirroring.kind === 'sound';
  });
}

function keyed<Key extends string>(listed: readonly unknown[], key: Key): readonly Listed<Key>[] {
  return listed.filter(
    (one): one is Listed<Key> =>
      typeof one === 'object' && one !== null && typeof (one as Readonly<Record<string, unknown>>)[key] === 'string',
  );
}

/** A list that was asked for before, kept on disk: anything may stand there. */
export function readLists(value: unknown): ServerLists | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { tools, prompts, resources, templates, capabilities, instructions } = value as Readonly<Record<string, unknown>>;
  if (![tools, prompts, resources, templates].every(Array.isArray) || typeof capabilities !== 'object' || capabilities === null) {
    return undefined;
  }
  return {
    tools: mended(tools as readonly unknown[], '', () => undefined),
    prompts: keyed(prompts as readonly unknown[], 'name'),
    resources: keyed(resources as readonly unknown[], 'uri'),
    templates: keyed(templates as readonly unknown[], 'uriTemplate'),
    capabilities: capabilities as Readonly<Record<string, unknown>>,
    ...(typeof instructions === 'string' ? { instructions } : {}),
  };
}
