import { nearest } from '../codexConfig/nearest.ts';
import { parseSecretReference } from '../secrets/reference.ts';
import type { DockerServer } from './entry.ts';

export type Config = Readonly<Record<string, unknown>>;

/** What is wrong with a server's configuration. `path` is its key, such as `jira.url`; `words` half a sentence about it. */
export interface ConfigFault {
  /** `missing`: the server needs it and has no value; `wrong`: not of its type; `unknown`: the catalogue knows no such key. */
  readonly kind: 'missing' | 'wrong' | 'unknown';
  readonly path: string;
  readonly words: string;
}

/** The JSON schemas of a catalogue's server, as far as they are objects. */
export function configSchemasOf(server: DockerServer): readonly Config[] {
  const { config } = server;
  return Array.isArray(config) ? config.filter(isObject) : isObject(config) ? [config] : [];
}

/** Whether the schemas say that the value of this key is of a type of JSON. */
export function isOfType(schemas: readonly Config[], path: readonly string[], type: 'string' | 'array'): boolean {
  const [key = '', ...rest] = path;
  return schemas.some((schema) => {
    const property = propertiesOf(schema)[key];
    return isObject(property) && (rest.length === 0 ? property['type'] === type : isOfType([property], rest, type));
  });
}

/**
 * Checks a server's configuration against the schemas of its catalogue, by Docker's rules (reference: docker-gateway §2.2): types,
 * `required`, `anyOf` of `required`, and `enum`. Keys that no schema has are told of and harm nothing. A reference to a secret
 * stands for a value of any type.
 */
export function checkConfig(schemas: readonly Config[], config: Config): readonly ConfigFault[] {
  if (schemas.length === 0) {
    return [];
  }
  const known = schemas.flatMap((schema) => Object.keys(propertiesOf(schema)));
  return [...schemas.flatMap((schema) => faultsOf(schema, config, '')), ...unknownKeys(known, config, '')];
}

function faultsOf(schema: Config, config: Config, under: string): readonly ConfigFault[] {
  const wrong = Object.entries(propertiesOf(schema)).flatMap(([key, property]) =>
    has(config, key) && isObject(property) ? valueFaults(property, config[key], `${under}${key}`) : [],
  );
  // Some schemas ask for a key that they do not describe, and that no template uses: for a secret, or by mistake.
  const missing = textsOf(schema['required'])
    .filter((key) => Object.hasOwn(propertiesOf(schema), key) && !has(config, key))
    .map((key) => ({ kind: 'missing' as const, path: `${under}${key}`, words: `"${under}${key}" has no value` }));
  return [...missing, ...anyOfFaults(schema, config, under), ...wrong];
}

function anyOfFaults(schema: Config, config: Config, under: string): readonly ConfigFault[] {
  const choices = (Array.isArray(schema['anyOf']) ? schema['anyOf'] : []).filter(isObject).map((choice) => textsOf(choice['required']));
  if (choices.length === 0 || choices.some((keys) => keys.every((key) => has(config, key)))) {
    return [];
  }
  const names = choices.map((keys) => keys.map((key) => `"${under}${key}"`).join(' and '));
  return [{ kind: 'missing', path: `${under}${choices[0]?.[0] ?? ''}`, words: `it needs ${names.join(', or ')}` }];
}

function valueFaults(property: Config, value: unknown, path: string): readonly ConfigFault[] {
  if (typeof value === 'string' && parseSecretReference(value) !== undefined) {
    return [];
  }
  const type = typeof property['type'] === 'string' ? property['type'] : undefined;
  const words = type === undefined ? undefined : whyNotOfType(type, value);
  if (words !== undefined) {
    return [{ kind: 'wrong', path, words: `"${path}" ${words}` }];
  }
  const choices = property['enum'];
  if (Array.isArray(choices) && !choices.includes(value)) {
    return [{ kind: 'wrong', path, words: `"${path}" is none of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}` }];
  }
  if (!isObject(value)) {
    return [];
  }
  const inner = Object.keys(propertiesOf(property));
  return [...faultsOf(property, value, `${path}.`), ...(inner.length === 0 ? [] : unknownKeys(inner, value, `${path}.`))];
}

function whyNotOfType(type: string, value: unknown): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? undefined : 'is not a text';
    case 'integer':
      return Number.isInteger(value) ? undefined : 'is not a whole number';
    case 'number':
      return typeof value === 'number' ? undefined : 'is not a number';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is neither true nor false';
    case 'object':
      return isObject(value) ? undefined : 'is not a map of keys';
    case 'array':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'is not a list of texts';
    default:
      return undefined;
  }
}

function unknownKeys(known: readonly string[], config: Config, under: string): readonly ConfigFault[] {
  return Object.keys(config)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = nearest(key, known);
      const hint = meant === undefined ? '' : `; "${under}${meant}" is meant, it seems`;
      return { kind: 'unknown' as const, path: `${under}${key}`, words: `the server has no key "${under}${key}"${hint}` };
    });
}

function propertiesOf(schema: Config): Config {
  return isObject(schema['properties']) ? schema['properties'] : {};
}

/** A key without a value is none. */
function has(config: Config, key: string): boolean {
  return Object.hasOwn(config, key) && config[key] !== null && config[key] !== undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
