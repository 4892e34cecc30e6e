import type { McpTool } from '../../shared/mcp.ts';

const annotation = 'x-mcp-header';
/** RFC 9110, section 5.1. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const primitives = ['string', 'integer', 'boolean'];
/** Keywords whose members are names or data, and no keywords of a schema. */
const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const data = ['default', 'const', 'enum', 'examples'];
const deepest = 100;

/** An argument of a tool that HTTP repeats in the header `Mcp-Param-{name}` (MCP 2026-07-28, Streamable HTTP). */
export interface MirroredParameter {
  readonly name: string;
  /** Where the value stands in the arguments. */
  readonly path: readonly string[];
}

export type Mirroring =
  | { readonly kind: 'sound'; readonly parameters: readonly MirroredParameter[] }
  /** Half a sentence. Such a tool must not be used over HTTP. */
  | { readonly kind: 'wrong'; readonly why: string };

/** Every thread and every call looks at the same schemas. */
const read = new WeakMap<object, Mirroring>();

/** Reads which arguments a tool wants to be repeated. */
export function mirroredParameters(inputSchema: unknown): Mirroring {
  if (!isObject(inputSchema)) {
    return { kind: 'sound', parameters: [] };
  }
  const known = read.get(inputSchema) ?? readMirroring(inputSchema);
  read.set(inputSchema, known);
  return known;
}

function readMirroring(inputSchema: Readonly<Record<string, unknown>>): Mirroring {
  const found: MirroredParameter[] = [];
  const why = visit(inputSchema, [], found, 0);
  if (why !== undefined) {
    return { kind: 'wrong', why };
  }
  const names = found.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? { kind: 'sound', parameters: found } : { kind: 'wrong', why: `it names the header "${twice}" twice` };
}

/** The same tools without a word of headers, for clients that reach them in another way. */
export function withoutMirroring(tools: readonly McpTool[]): readonly McpTool[] {
  return tools.map((tool) => {
    const mirroring = mirroredParameters(tool.inputSchema);
    const isPlain = mirroring.kind === 'sound' && mirroring.parameters.length === 0;
    return isPlain ? tool : { ...tool, inputSchema: stripped(tool.inputSchema, 'schema') };
  });
}

/** `path` is undefined where the value of a call cannot be told from the way to it. Gives what is wrong. */
function visit(schema: unknown, path: readonly string[] | undefined, found: MirroredParameter[], depth: number): string | undefined {
  if (Array.isArray(schema)) {
    return firstOf(schema, (one) => visit(one, undefined, found, depth + 1));
  }
  if (!isObject(schema) || depth > deepest) {
    return undefined;
  }
  const own = Object.hasOwn(schema, annotation) ? annotated(schema, path, found) : undefined;
  return (
    own ??
    firstOf(Object.entries(schema), ([key, value]) => {
      if (maps.includes(key) && isObject(value)) {
        const isOnWay = key === 'properties' && path !== undefined;
        return firstOf(Object.entries(value), ([name, inner]) => visit(inner, isOnWay ? [...path, name] : undefined, found, depth + 1));
      }
      return data.includes(key) || key === annotation ? undefined : visit(value, undefined, found, depth + 1);
    })
  );
}

function annotated(
  schema: Readonly<Record<string, unknown>>,
  path: readonly string[] | undefined,
  found: MirroredParameter[],
): string | undefined {
  const name = schema[annotation];
  if (typeof name !== 'string' || !token.test(name)) {
    return 'it names a header that HTTP does not carry';
  }
  if (path === undefined || path.length === 0) {
    return `it wants the header "${name}" for something that is no plain parameter`;
  }
  const types = [schema['type']].flat();
  if (!types.some((type) => primitives.includes(String(type))) || types.some((type) => ![...primitives, 'null'].includes(String(type)))) {
    return `it wants the header "${name}" for a parameter that is no text, whole number or yes and no`;
  }
  found.push({ name, path });
  return undefined;
}

function stripped(value: unknown, role: 'schema' | 'map', depth = 0): unknown {
  if (depth > deepest) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((one) => stripped(one, 'schema', depth + 1));
  }
  if (!isObject(value)) {
    return value;
  }
  const kept = Object.entries(value).filter(([key]) => role === 'map' || key !== annotation);
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      const isData = role === 'schema' && data.includes(key);
      return [key, isData ? inner : stripped(inner, role === 'schema' && maps.includes(key) ? 'map' : 'schema', depth + 1)];
    }),
  );
}

function firstOf<T>(all: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
