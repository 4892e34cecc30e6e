import { parse } from 'yaml';

/*
 * Docker's gateway writes its profiles with Go's encoding/json. The same content has the same digest only when it has the same
 * bytes: the order of the fields, what is written where nothing was said, what is left out, and how characters are escaped.
 * The fields are those of docker/mcp-gateway, pkg/workingset/workingset.go and pkg/catalog/types.go.
 */

/** How a value is written: a struct, a list of something, a map whose keys Go sorts, or anything as it stands. */
export type Form =
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'list'; readonly of: Form }
  | { readonly kind: 'map'; readonly of?: Form }
  | { readonly kind: 'any' };

interface Field {
  readonly key: string;
  /** What it is called in YAML, where that differs. */
  readonly also?: string;
  readonly form: Form;
  /** Written where it is absent; without it the field is left out where it is empty. */
  readonly zero?: unknown;
  /** A pointer in Go: left out only where it is absent. */
  readonly isPointer?: true;
}

const any: Form = { kind: 'any' };
const map: Form = { kind: 'map' };
export const struct = (...fields: readonly Field[]): Form => ({ kind: 'struct', fields });
export const listOf = (of: Form): Form => ({ kind: 'list', of });
export const optional = (key: string, form: Form = any): Field => ({ key, form });
export const pointer = (key: string, form: Form = any): Field => ({ key, form, isPointer: true });
export const always = (key: string, zero: unknown, form: Form = any): Field => ({ key, form, zero });

const property = struct(always('type', ''), always('description', ''), pointer('items'));
const emptyContainer = { image: '', command: null, volumes: null };
const emptyParameters = { type: '', properties: null, required: null };

const tool = struct(
  always('name', ''),
  always('description', ''),
  pointer('arguments', listOf(struct(always('name', ''), always('type', ''), pointer('items'), always('desc', ''), optional('optional')))),
  pointer(
    'annotations',
    struct(optional('title'), ...['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'].map((key) => pointer(key))),
  ),
  always('container', emptyContainer, struct(always('image', ''), always('command', null), always('volumes', null), optional('user'))),
  always(
    'parameters',
    emptyParameters,
    struct(always('type', ''), always('properties', null, { kind: 'map', of: property }), always('required', null)),
  ),
);

const provider = struct(always('provider', ''), optional('secret'), optional('env'));

/** A server of a catalogue. */
export const catalogServer = struct(
  optional('name'),
  always('type', ''),
  always('image', ''),
  ...['description', 'title', 'icon', 'readme', 'longLived'].map((key) => optional(key)),
  always('remote', {}, struct(optional('url'), optional('transport_type'), optional('headers', map))),
  optional('sseEndpoint'),
  pointer('oauth', struct(optional('providers', listOf(provider)), optional('scopes'))),
  optional('secrets', listOf(struct(always('name', ''), always('env', '')))),
  optional('env', listOf(struct(always('name', ''), always('value', '')))),
  ...['command', 'volumes', 'user', 'disableNetwork', 'allowHosts', 'extraHosts'].map((key) => optional(key)),
  optional('tools', listOf(tool)),
  optional('config', listOf(map)),
  optional('prefix'),
  pointer(
    'metadata',
    struct(...['pulls', 'stars', 'githubStars', 'category', 'tags', 'license', 'owner', 'registryUrl'].map((key) => optional(key))),
  ),
);

const server = struct(
  // Docker always has one; a native server and one that is built in have none.
  optional('type'),
  optional('config', map),
  optional('secrets'),
  // All of them, where none are named.
  always('tools', null),
  pointer('policy'),
  ...['source', 'image', 'endpoint'].map((key) => optional(key)),
  { ...optional('catalogRef'), also: 'catalog_ref' },
  pointer('snapshot', struct(always('server', {}, catalogServer))),
);

const profile = struct(
  always('version', 1),
  always('id', ''),
  always('name', ''),
  always('servers', null, listOf(server)),
  optional('secrets', map),
);

type Values = Readonly<Record<string, unknown>>;

/**
 * A sound profile as the JSON that Docker's gateway pushes. Keys that Docker does not know, such as `wharf`, come behind those
 * that it knows, in the order of the file. `id` and `name` are for a file that says none.
 */
export function dockerJson(yaml: string, { id, name }: { readonly id: string; readonly name: string }): string {
  const read = parse(yaml) as Values;
  const servers = Array.isArray(read['servers']) ? (read['servers'] as readonly Values[]).map(withType) : null;
  const named = { ...read, id, name, servers };
  return goEscaped(written(named, profile));
}

/** A lean entry says by its other keys what it is. */
function withType(entry: Values): Values {
  if (typeof entry['type'] === 'string' && entry['type'] !== '') {
    return entry;
  }
  const type = ['image', 'source', 'endpoint'].find((key) => typeof entry[key] === 'string');
  return type === undefined ? entry : { ...entry, type: { image: 'image', source: 'registry', endpoint: 'remote' }[type] };
}

/** As text, since an object of JavaScript has an order of its own for keys that are numbers. */
export function written(value: unknown, form: Form): string {
  if (form.kind === 'list') {
    return Array.isArray(value) ? `[${value.map((item) => written(item, form.of)).join()}]` : written(value, any);
  }
  if (form.kind === 'any' || !isObject(value)) {
    return JSON.stringify(value);
  }
  if (form.kind === 'map') {
    return form.of === undefined ? sorted(value) : sortedOf(value, form.of);
  }
  const known = form.fields.flatMap(({ key, also, form: inner, zero, isPointer }): readonly (readonly [string, string])[] => {
    const said = value[key] ?? (also === undefined ? undefined : value[also]) ?? zero;
    const isLeftOut = said === undefined || (zero === undefined && isPointer !== true && isEmpty(said));
    return isLeftOut ? [] : [[key, written(said, inner)]];
  });
  const names = form.fields.flatMap(({ key, also }) => (also === undefined ? [key] : [key, also]));
  const others = Object.entries(value).flatMap(([key, inner]) => (names.includes(key) ? [] : [[key, JSON.stringify(inner)] as const]));
  return object([...known, ...others]);
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`;
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What Go's `omitempty` leaves out. */
function isEmpty(value: unknown): boolean {
  return (
    value === '' ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}

function sortedOf(value: Values, form: Form): string {
  const names = Object.keys(value).toSorted((a, b) => (a < b ? -1 : 1));
  return object(names.map((name) => [name, written(value[name], form)]));
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(sorted).join()}]`;
  }
  if (!isObject(value)) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return object(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Go escapes what a page could take for its own marks, and what JavaScript once took for the end of a line. */
export function goEscaped(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
