export type Values = Readonly<Record<string, unknown>>;

export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Empty where it is absent, or no text. */
export function textOf(values: Values, key: string): string {
  const value = values[key];
  return typeof value === 'string' ? value : '';
}

/** What Docker's reader takes for a key. Where Go gives up on a whole catalogue, only the one server is left out. */
type Shape =
  | 'text'
  | 'flag'
  | 'texts'
  | 'schemas'
  | { readonly listOf: Shapes; readonly needs?: readonly string[] }
  | { readonly map: Shapes }
  | 'headers';

/** Of keys, as a list: it is gone through for each of a catalogue's servers. */
type Shapes = readonly (readonly [key: string, shape: Shape])[];

const shapes = (keys: Readonly<Record<string, Shape>>): Shapes => Object.entries(keys);

const container: Shape = { map: shapes({ image: 'text', command: 'texts', volumes: 'texts', user: 'text' }) };

/** The keys of docker/mcp-gateway, pkg/catalog/types.go, that say what a server is and may. */
const serverKeys = shapes({
  ...Object.fromEntries(
    ['type', 'image', 'title', 'description', 'icon', 'readme', 'user', 'sseEndpoint', 'prefix'].map((key) => [key, 'text' as const]),
  ),
  longLived: 'flag',
  disableNetwork: 'flag',
  command: 'texts',
  volumes: 'texts',
  allowHosts: 'texts',
  extraHosts: 'texts',
  secrets: { listOf: shapes({ name: 'text', env: 'text' }), needs: ['name', 'env'] },
  env: { listOf: shapes({ name: 'text', value: 'text' }), needs: ['name'] },
  config: 'schemas',
  remote: { map: shapes({ url: 'text', transport_type: 'text', headers: 'headers' }) },
  oauth: { map: shapes({ providers: { listOf: shapes({ provider: 'text', secret: 'text', env: 'text' }) }, scopes: 'texts' }) },
  tools: { listOf: shapes({ name: 'text', description: 'text', container }) },
});

/** Which part of a server has not the form that Docker gives it, as half a sentence. */
export function whyMisshapen(server: Values): string | undefined {
  return misshapenMap(server, serverKeys);
}

function misshapenMap(values: Values, keys: Shapes): string | undefined {
  for (const [key, shape] of keys) {
    const value = values[key];
    // Go takes null for what is not there.
    const why = value === undefined || value === null ? undefined : misshapen(key, value, shape);
    if (why !== undefined) {
      return why;
    }
  }
  return undefined;
}

function misshapen(key: string, value: unknown, shape: Shape): string | undefined {
  switch (shape) {
    case 'text':
      return typeof value !== 'string'
        ? `its "${key}" is not a text`
        : value.includes('\0')
          ? `its "${key}" holds a NUL character`
          : undefined;
    case 'flag':
      return typeof value === 'boolean' ? undefined : `its "${key}" is neither true nor false`;
    case 'texts':
      return isList(value, (item) => typeof item === 'string' && !item.includes('\0')) ? undefined : `its "${key}" is not a list of texts`;
    case 'schemas':
      return isList(value, isValues) ? undefined : `its "${key}" is not a list of maps`;
    case 'headers':
      return isValues(value) && Object.values(value).every((one) => typeof one === 'string')
        ? undefined
        : `its "${key}" is not a map of texts`;
    default:
      return misshapenPart(key, value, shape);
  }
}

function misshapenPart(key: string, value: unknown, shape: Exclude<Shape, string>): string | undefined {
  if ('map' in shape) {
    return isValues(value) ? misshapenMap(value, shape.map) : `its "${key}" is not a map of keys`;
  }
  if (!isList(value, isValues)) {
    return `its "${key}" is not a list of maps`;
  }
  for (const item of value) {
    const lacks = shape.needs?.find((need) => textOf(item, need) === '');
    const why = lacks === undefined ? misshapenMap(item, shape.listOf) : `an entry of its "${key}" has no "${lacks}"`;
    if (why !== undefined) {
      return why;
    }
  }
  return undefined;
}

function isList<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is readonly Item[];
function isList(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[];
function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
