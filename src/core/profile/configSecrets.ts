import { ownVariable } from './editVariable.ts';
import type { NewEntry } from './newEntry.ts';
import type { DockerServer } from '../catalog/entry.ts';
import { isBrokenReference, isReferenceInVariable, parseSecretReference } from '../secrets/reference.ts';
import { utf8Bytes } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';
import { hasAssignedSecret, isLiteralSecret, isMixedSecret, isSecretOption, shownValue } from './literalValue.ts';
import type { Json } from './yamlText.ts';

/** A secret that a catalogue says a server needs. */
export interface DeclaredSecret {
  /** In the vault, such as `github.personal_access_token`. */
  readonly name: string;
  /** The variable that the server reads. */
  readonly env: string;
}

/** The declared secret that a key of the configuration stands for: by its name behind the server's, or by its variable. */
export function declaredSecret(server: DockerServer, path: readonly string[]): DeclaredSecret | undefined {
  const key = path.join('.');
  // Docker names most by the server, and some by its maker: github.personal_access_token of github-official.
  return declaredSecrets(server).find(({ name, env }) => name.slice(name.indexOf('.') + 1) === key || env === key);
}

/** Keys of the configuration that an entry has as variables of its own, since its catalogue declares them secret: with their values. */
export function declaredValues(entry: NewEntry | undefined, server: DockerServer): readonly (readonly [key: string, value: string])[] {
  return declaredSecrets(server).flatMap(({ name, env }) => {
    const value = ownVariable(entry, env);
    return value === undefined ? [] : [[name.slice(name.indexOf('.') + 1), value] as const];
  });
}

/** Those of its list, and tokens of OAuth, which a catalogue lists apart. */
function declaredSecrets({ secrets, oauth }: DockerServer): readonly DeclaredSecret[] {
  const providers = Array.isArray(oauth) ? oauth : keysOf(oauth)['providers'];
  const listed = listOf(secrets).map((item) => [keysOf(item)['name'], keysOf(item)['env']] as const);
  const tokens = listOf(providers).map((item) => [keysOf(item)['secret'], keysOf(item)['env']] as const);
  return [...listed, ...tokens].flatMap(([name, env]) => (typeof name === 'string' && typeof env === 'string' ? [{ name, env }] : []));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function keysOf(value: unknown): Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
}

/** Whether a text names where its value is, or has a place that is filled in later, and so is no value itself. */
export function isPointer(text: string): boolean {
  return parseSecretReference(text) !== undefined || isReferenceInVariable(text) || isBrokenReference(text);
}

/** Whether the value of a key is a secret: by the key's name, by its own form, or as an address with a password in it. */
export function isSecretValue(key: string, value: string, scanner: Scanner): boolean {
  if (value === '' || isPointer(value)) {
    return false;
  }
  const finds = (text: string): boolean => scanner.scanText(utf8Bytes(text)).length > 0;
  const isNamed = isLiteralSecret(key, value) || isMixedSecret(key, value);
  return isNamed || shownValue(key, value) !== value || hasAssignedSecret(value) || finds(value) || finds(`${key}: ${value}`);
}

/** A value with references in the places of its secrets, and what is to be kept for each. */
export interface SplitValue {
  readonly value: Json;
  readonly secrets: readonly { readonly name: string; readonly value: string }[];
}

/** Takes the secrets out of a value. `name` is that of the whole value in the vault; parts are named by their keys behind it. */
export function splitSecrets(value: Json, key: string, name: string, scanner: Scanner): SplitValue {
  if (typeof value === 'string') {
    return isSecretValue(key, value, scanner) ? { value: `secret://${name}`, secrets: [{ name, value }] } : { value, secrets: [] };
  }
  if (typeof value !== 'object' || value === null) {
    return { value, secrets: [] };
  }
  return joined(value, (step, inner, before) =>
    typeof before === 'string' && typeof inner === 'string' && isSecretOption(before, inner)
      ? splitAll(inner, `${name}.${step}`)
      : splitSecrets(inner, Array.isArray(value) ? key : step, `${name}.${step}`, scanner),
  );
}

/** The same, where every text and every number is a secret. */
export function splitAll(value: Json, name: string): SplitValue {
  if (typeof value === 'string' || typeof value === 'number') {
    return { value: `secret://${name}`, secrets: [{ name, value: String(value) }] };
  }
  return typeof value === 'object' && value !== null
    ? joined(value, (step, inner) => splitAll(inner, `${name}.${step}`))
    : { value, secrets: [] };
}

/** Takes the parts of a list or a map apart. `before` is what stands before one in its list. */
function joined(value: Json & object, split: (step: string, inner: Json, before: Json | undefined) => SplitValue): SplitValue {
  const list = Array.isArray(value) ? (value as readonly Json[]) : undefined;
  const parts = Object.entries(value).map(
    ([step, inner]: readonly [string, Json]) => [step, split(step, inner, list?.[Number(step) - 1])] as const,
  );
  const secrets = parts.flatMap(([, part]) => part.secrets);
  return list === undefined
    ? { value: Object.fromEntries(parts.map(([step, part]) => [step, part.value])), secrets }
    : { value: parts.map(([, part]) => part.value), secrets };
}
