import {
  declaredSecret,
  isSecretValue,
  splitAll,
  splitSecrets,
  type DeclaredSecret,
  type SplitValue,
} from '../../core/profile/configSecrets.ts';
import { parseConfigKey } from '../../core/profile/editConfig.ts';
import { isOfType, type Config } from '../../core/catalog/configSchema.ts';
import type { DockerServer } from '../../core/catalog/entry.ts';
import { isBrokenReference, isReferenceInVariable, parseSecretReference } from '../../core/secrets/reference.ts';
import type { Scanner } from '../../core/scan/scanner.ts';
import type { Json } from '../../core/profile/yamlText.ts';
import * as problems from '../../core/problems.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** One `--set SERVER.KEY=VALUE`. */
export interface Setting {
  readonly server: string;
  readonly path: readonly string[];
  /** As it was given; null where it comes from stdin, and is a secret for that. */
  readonly raw: string | null;
}

/** What is known of a server that a value is for. */
export interface Known {
  readonly catalogue: DockerServer;
  readonly schemas: readonly Config[];
  readonly scanner: Scanner;
  /** The profile's id. */
  readonly profile: string;
  /** Variables that the entry itself sets. */
  readonly variables: readonly string[];
  /** Names in the vault that stand for something else than what this profile names. */
  readonly taken: readonly string[];
}

export interface SettledValue extends SplitValue {
  /** The variable that gets this reference, since the catalogue names another secret: of a second instance, or of a user's choice. */
  readonly ownVariable: string | null;
}

/** Takes `--set` apart. No message repeats what stands behind the "=". */
export function parseSetting(text: string, servers: readonly string[], file: string): Result<Setting> {
  const at = text.indexOf('=');
  const key = at === -1 ? undefined : parseConfigKey(text.slice(0, at), servers);
  if (key === undefined) {
    const [named = ''] = text.slice(0, Math.max(0, at)).split('.');
    return fail(
      at > 0 && /^[\w-]{1,63}$/.test(named) && !servers.includes(named)
        ? problems.serverNotInProfile(named, servers, file)
        : problems.badArgument('--set takes SERVER.KEY=VALUE.', 'wharf profile config'),
    );
  }
  const raw = text.slice(at + 1);
  return ok({ ...key, raw: raw === '-' ? null : raw });
}

/** What goes into the file and what into the vault. `input` is what came from stdin. */
export function settle({ server, path, raw }: Setting, input: string, known: Known): Result<SettledValue> {
  const text = raw ?? input;
  const declared = declaredSecret(known.catalogue, path);
  const name = secretName(server, path, declared, known);
  if (isBrokenReference(text)) {
    return fail(problems.secretReference(text));
  }
  // What a catalogue declares goes where nothing is filled in, so that a "$" in it is a letter like any other.
  const isWhole = declared !== undefined || raw === null;
  if (declared !== undefined && parseSecretReference(text)?.kind === 'file') {
    return fail(
      problems.badArgument(`${declared.env} is a variable, and takes no file://: read the file with "--set …=-".`, 'wharf profile config'),
    );
  }
  const isReference = isWhole ? isReferenceInVariable(text) : parseSecretReference(text) !== undefined;
  const split: SplitValue = isReference ? { value: text, secrets: [] } : splitText(text, { path, name, declared, isWhole }, known);
  const bad = split.secrets.find((secret) => !isUserSecretName(secret.name));
  if (bad !== undefined) {
    return fail(problems.secretName(bad.name));
  }
  return ok({ ...split, ownVariable: declared === undefined ? null : variableFor(declared, split.value, known) });
}

interface Wish {
  readonly path: readonly string[];
  /** In the vault. */
  readonly name: string;
  readonly declared: DeclaredSecret | undefined;
  /** All of it is secret, whatever it looks like. */
  readonly isWhole: boolean;
}

function splitText(text: string, { path, name, declared, isWhole }: Wish, known: Known): SplitValue {
  const key = path.at(-1) ?? '';
  const value = valueOf(text, known.schemas, path);
  const isOne = declared !== undefined || !isObject(jsonOf(text));
  if (isOne && (isWhole || isSecretValue(key, text, known.scanner))) {
    return { value: `secret://${name}`, secrets: [{ name, value: text }] };
  }
  return isWhole ? splitAll(value, name) : splitSecrets(value, key, name, known.scanner);
}

/** The variable for which the entry itself has to say the secret: where it is not the one that the catalogue names, or was not. */
function variableFor({ name, env }: DeclaredSecret, value: Json, { variables }: Known): string | null {
  const reference = typeof value === 'string' ? parseSecretReference(value) : undefined;
  const isCatalogues = reference?.kind === 'vault' && reference.name === name;
  return isCatalogues && !variables.includes(env) ? null : env;
}

/** What a catalogue declares is one secret for all profiles, as with Docker; a second instance of a server has secrets of its own. */
function secretName(
  server: string,
  path: readonly string[],
  declared: DeclaredSecret | undefined,
  { catalogue, profile, taken }: Known,
): string {
  const own = `${server}.${path.join('.')}`;
  if (declared !== undefined && catalogue['name'] === server) {
    return declared.name;
  }
  const isFree = (name: string): boolean => !taken.some((one) => one === name || one.startsWith(`${name}.`));
  const names = [own, `${profile}/${own}`];
  for (let count = 2; !names.some(isFree); count += 1) {
    names.push(`${profile}-${count}/${own}`);
  }
  return names.find(isFree) ?? own;
}

/** A text where the catalogue asks for one, whatever it looks like; one text where it asks for a list of texts is a list of one. */
function valueOf(text: string, schemas: readonly Config[], path: readonly string[]): Json {
  const value = jsonOf(text);
  if (isOfType(schemas, path, 'string')) {
    return typeof value === 'string' ? value : text;
  }
  return isOfType(schemas, path, 'array') && !isObject(value) && text !== '' ? [typeof value === 'string' ? value : text] : value;
}

/** Docker's rule: JSON where it is JSON, else text. */
function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}
