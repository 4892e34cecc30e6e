import { declaredSecret, isSecretValue, splitSecrets, type DeclaredSecret, type SplitValue } from '../../core/profile/configSecrets.ts';
import { isTextKey, parseConfigKey } from '../../core/profile/editConfig.ts';
import type { Config } from '../../core/catalog/configSchema.ts';
import type { DockerServer } from '../../core/catalog/entry.ts';
import { isBrokenReference, parseSecretReference } from '../../core/secrets/reference.ts';
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
  /** Names in the vault that stand for something else than what this profile names. */
  readonly taken: readonly string[];
}

export interface SettledValue extends SplitValue {
  /** Of another instance than its catalogue's: the variable gets this reference, since the catalogue names the first one's secret. */
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
  const isSecret = isSecretValue(path.at(-1) ?? '', text, known.scanner);
  // A password beside a place that is filled in later is one all the same.
  const isReference = parseSecretReference(text) !== undefined || (text.includes('${') && !isSecret);
  const isWhole = declared !== undefined || raw === null || isSecret;
  const split: SplitValue = isReference
    ? { value: text, secrets: [] }
    : isWhole && !isObject(valueOf(text, false))
      ? { value: `secret://${name}`, secrets: [{ name, value: text }] }
      : splitSecrets(valueOf(text, isTextKey(known.schemas, path)), path.at(-1) ?? '', name, known.scanner);
  const bad = split.secrets.find((secret) => !isUserSecretName(secret.name));
  if (bad !== undefined) {
    return fail(problems.secretName(bad.name));
  }
  const isOther = declared !== undefined && declared.name !== name;
  return ok({ ...split, ownVariable: isOther ? declared.env : null });
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

/** Docker's rule: JSON where it is JSON, else text. */
function valueOf(text: string, isText: boolean): Json {
  try {
    const value = JSON.parse(text) as Json;
    return isText && typeof value !== 'string' ? text : value;
  } catch {
    return text;
  }
}

function isObject(value: Json): boolean {
  return typeof value === 'object' && value !== null;
}
