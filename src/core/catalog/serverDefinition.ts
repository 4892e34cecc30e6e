import type { CatalogEntry } from './entry.ts';
import { entryOf, type Unusable } from './entryOf.ts';
import { isValues, textOf, type Values } from './serverShape.ts';

/** Whether a file is a definition of docker/mcp-registry (`servers/NAME/server.yaml`), which has parts that no catalogue has. */
export function isServerDefinition(keys: Values): boolean {
  return isValues(keys['about']) || isValues(keys['run']) || isValues(keys['config']) || isValues(keys['meta']);
}

/**
 * What docker/mcp-registry makes of a definition for its catalogue (`pkg/catalog/tile.go`): what is under `run` and `about`
 * stands at the top, `config.parameters` becomes a schema without defaults, and `run.env` goes behind the other variables.
 * Names of tools are in a file of their own and not here; what the servers offer is asked of themselves.
 */
export function serverOfDefinition(definition: Values): CatalogEntry | Unusable {
  const name = textOf(definition, 'name');
  const [about, meta, source, run, config] = ['about', 'meta', 'source', 'run', 'config'].map((key) => part(definition, key));
  for (const [key, value] of [
    ['run', run?.['env']],
    ['oauth', definition['oauth']],
  ] as const) {
    if (value !== undefined && value !== null && !(key === 'run' ? isValues(value) : Array.isArray(value))) {
      return { why: key === 'run' ? 'its "run.env" is not a map of names and values' : 'its "oauth" is not a list' };
    }
  }
  return entryOf(
    name,
    withoutNothing({
      description: trimmed(about?.['description']),
      title: trimmed(about?.['title']),
      icon: about?.['icon'],
      type: definition['type'],
      image: definition['image'],
      longLived: definition['longLived'],
      remote: definition['remote'],
      oauth: Array.isArray(definition['oauth']) ? { providers: definition['oauth'] as unknown } : undefined,
      secrets: config?.['secrets'],
      env: variables(config?.['env'], run?.['env']),
      ...Object.fromEntries(['command', 'volumes', 'user', 'disableNetwork', 'allowHosts'].map((key) => [key, run?.[key]])),
      tools: definition['tools'],
      config: schema(name, config),
      metadata: withoutNothing({ category: meta?.['category'], tags: meta?.['tags'], owner: ownerOf(source) }),
    }),
  );
}

function part(definition: Values, key: string): Values | undefined {
  const value = definition[key];
  return isValues(value) ? value : undefined;
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

function withoutNothing(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}

function variables(declared: unknown, run: unknown): unknown {
  if (declared !== undefined && declared !== null && !Array.isArray(declared)) {
    return declared;
  }
  const own = isValues(run) ? Object.entries(run).map(([name, value]) => ({ name, value })) : [];
  const all = [...((declared ?? []) as readonly unknown[]), ...own];
  return all.length === 0 ? undefined : all;
}

/** Docker's validator of configurations reads a list of schemas, each with the name of its server. */
function schema(name: string, config: Values | undefined): unknown {
  const parameters = config?.['parameters'];
  if (!isValues(parameters)) {
    return parameters ?? undefined;
  }
  const { type = 'object', properties, required, anyOf, ...rest } = parameters;
  return [
    withoutNothing({
      name,
      description: trimmed(config?.['description']),
      type,
      properties: isValues(properties) ? withoutDefaults(properties) : properties,
      required,
      anyOf,
      ...rest,
    }),
  ];
}

/** A default would be taken for what the user chose. Below `properties` each key is a property's name, "default" too. */
function withoutDefaults(properties: Values): Values {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      if (!isValues(property)) {
        return [name, property];
      }
      const { default: _, ...rest } = property;
      const inner = rest['properties'];
      return [name, isValues(inner) ? { ...rest, properties: withoutDefaults(inner) } : rest];
    }),
  );
}

/** `https://github.com/OWNER/…` */
function ownerOf(source: Values | undefined): string | undefined {
  return /^https:\/\/github\.com\/([\w.-]+)\//.exec(source === undefined ? '' : textOf(source, 'project'))?.[1];
}
