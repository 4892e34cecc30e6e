import { configSchemasOf } from '../../core/catalog/configSchema.ts';
import { catalogueServer } from '../../core/profile/catalogueServer.ts';
import { deleteConfig, setConfig } from '../../core/profile/editConfig.ts';
import { plainEntries } from '../../core/profile/editServers.ts';
import type { CatalogLookup } from '../../core/catalog/entry.ts';
import { declaredSecret } from '../../core/profile/configSecrets.ts';
import { ownVariable, removeVariable, setVariable } from '../../core/profile/editVariable.ts';
import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import { objectOf, type NewEntry } from '../../core/profile/newEntry.ts';
import { readProfile } from '../../core/profile/read.ts';
import type { Json } from '../../core/profile/yamlText.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ListFormat } from '../options.ts';
import { note } from '../output.ts';
import { keyOf } from './configKeys.ts';
import { parseSetting, settle, type SettledValue, type Setting } from './configValues.ts';
import { sayLeftSecrets } from './leftSecrets.ts';
import { finishEdit, isOfCatalogues, mayWrite, type Target } from './target.ts';

export interface ConfigRequest {
  readonly given: string;
  /** `SERVER.KEY=VALUE` */
  readonly set: readonly string[];
  /** `SERVER.KEY`, as the next one. */
  readonly get: readonly string[];
  readonly del: readonly string[];
  readonly getAll: boolean;
  readonly format: ListFormat;
  /** A secret that the vault has under its name is replaced without a question. */
  readonly replace: boolean;
  readonly dryRun: boolean;
}

/** A secret on its way into the vault. */
export interface NewSecret {
  readonly name: string;
  readonly value: string;
}

export interface ConfigWorld {
  /** The one value that comes from stdin; `name` is what a person is asked for. */
  readonly readInput: (name: string) => Promise<Result<string>>;
  /** The names that the vault has. */
  readonly known: () => Promise<Result<readonly string[]>>;
  /** Whether a person lets secrets of these names be replaced; null where nobody can be asked. */
  readonly mayReplace: (names: readonly string[]) => Promise<boolean | null>;
  /** Keeps secrets: all, or a failure. */
  readonly keep: (secrets: readonly NewSecret[]) => Promise<Result<null>>;
}

export type Shown = Map<string, Json>;

export interface Edited {
  readonly text: string;
  /** What was set, as it stands in the file. */
  readonly shown: Shown;
}

/** Sets and deletes; secrets are in the vault before the file names them. */
export async function editConfig(
  locations: Locations,
  target: Target,
  request: ConfigRequest,
  world: ConfigWorld,
): Promise<Result<Edited>> {
  const { file, profile } = target;
  const names = profile.servers.map(({ name }) => name);
  const settings: Setting[] = [];
  for (const given of request.set) {
    const setting = parseSetting(given, names, file.path);
    if (!setting.ok) {
      return setting;
    }
    settings.push(setting.value);
  }
  const input = await inputFor(settings, request.dryRun, world);
  if (!input.ok) {
    return input;
  }
  const made = await settled(locations, target, settings, { input: input.value, world });
  const text = made.ok ? withoutValues(made.value.text, names, request.del, { file: file.path, catalogs: catalogLookup(locations) }) : made;
  if (!made.ok || !text.ok) {
    return text as Result<never>;
  }
  if (text.value === file.text && made.value.secrets.length === 0) {
    return ok({ text: file.text, shown: made.value.shown });
  }
  const sound = check(locations, target, text.value);
  const kept = !sound.ok || request.dryRun || made.value.secrets.length === 0 ? sound : await keep(file, made.value, request, world);
  const written = kept.ok ? await finishEdit(locations, file, text.value, request.dryRun) : kept;
  if (!written.ok) {
    return written;
  }
  saySecrets(made.value, request.dryRun);
  if (!request.dryRun) {
    await sayLeftSecrets(locations, file, text.value, world.known);
  }
  made.value.unknown.forEach((key) => note(`wharf: The catalogue knows no "${key}", so the server may not read it.`));
  return ok({ text: text.value, shown: made.value.shown });
}

/**
 * Keeps the secrets when the file can be written then. Names of secrets are the profile's to say: one that its user did not allow
 * does not get to say them, and a secret that is there goes only when its user agrees.
 */
async function keep(file: ProfileFile, { secrets, replaced }: Made, { replace }: ConfigRequest, world: ConfigWorld): Promise<Result<null>> {
  if (!file.allowed) {
    return fail(problems.profileNotAllowed(file.path, file.id, file.isPulled));
  }
  const ready = await mayWrite(file);
  if (!ready.ok) {
    return ready;
  }
  const names = secrets.map(({ name }) => name).filter((name) => replaced.includes(name));
  if (names.length > 0 && !replace) {
    const agreed = await world.mayReplace(names);
    if (agreed !== true) {
      return fail(problems.secretTaken(names.join(', '), agreed === null));
    }
  }
  return world.keep(secrets);
}

/** A name that the vault has for something else is left to that: two profiles can have a server of one name, and its passwords differ. */
async function settled(
  locations: Locations,
  target: Target,
  settings: readonly Setting[],
  { input, world }: { readonly input: string; readonly world: ConfigWorld },
): Promise<Result<Made>> {
  const first = withValues(locations, target, settings, { input, taken: [] });
  if (!first.ok || first.value.secrets.length === 0) {
    return first;
  }
  const known = await world.known();
  if (!known.ok) {
    return known;
  }
  const taken = known.value.filter((name) => !target.file.text.includes(`secret://${name}`));
  const made = withValues(locations, target, settings, { input, taken });
  return made.ok ? ok({ ...made.value, replaced: known.value }) : made;
}

async function inputFor(settings: readonly Setting[], dryRun: boolean, world: ConfigWorld): Promise<Result<string>> {
  const fromInput = settings.filter(({ raw }) => raw === null);
  const [first, ...others] = fromInput;
  if (others.length > 0) {
    return fail(problems.badArgument('Only one value can come from stdin.', 'wharf profile config'));
  }
  return first === undefined || dryRun ? ok('') : world.readInput(`${first.server}.${first.path.join('.')}`);
}

interface Made extends Edited {
  readonly secrets: readonly NewSecret[];
  /** Keys whose secret stood in the command itself. */
  readonly typed: readonly string[];
  readonly unknown: readonly string[];
  /** Names that the vault has. */
  readonly replaced: readonly string[];
}

function withValues(
  locations: Locations,
  { file, profile }: Target,
  settings: readonly Setting[],
  { input, taken }: { readonly input: string; readonly taken: readonly string[] },
): Result<Made> {
  const [catalogs, scanner] = [catalogLookup(locations), nodeScanner()];
  const [secrets, unknown, typed, shown]: [NewSecret[], string[], string[], Shown] = [[], [], [], new Map()];
  let text = file.text;
  for (const setting of settings) {
    const { server, path } = setting;
    const index = profile.servers.findIndex(({ name }) => name === server);
    const catalogue = catalogueServer(plainEntries(text)[index], catalogs);
    const variables = variablesOf(plainEntries(text)[index]);
    const known = { catalogue, schemas: configSchemasOf(catalogue), scanner, profile: file.id, variables, taken };
    const value = settle(setting, input, known);
    const next = value.ok ? written(text, setting, value.value, { file: file.path, schemas: known.schemas }) : value;
    if (!value.ok || !next.ok) {
      return next as Result<never>;
    }
    text = next.value.text;
    const key = `${server}.${path.join('.')}`;
    shown.set(key, value.value.value);
    typed.push(...(value.value.secrets.length > 0 && setting.raw !== null ? [key] : []));
    secrets.push(...value.value.secrets);
    // Its place is not the configuration, where people look for it all the same.
    unknown.push(...(value.value.secrets.length > 0 ? [] : next.value.unknown.filter((one) => one === path.join('.')).map(() => key)));
  }
  return ok({ text, shown, secrets, unknown, typed, replaced: [] });
}

function written(
  text: string,
  { server, path }: Setting,
  { value, ownVariable }: SettledValue,
  place: Parameters<typeof setConfig>[3],
): ReturnType<typeof setConfig> {
  if (ownVariable === null || typeof value !== 'string') {
    return setConfig(text, server, [[path, value]], place);
  }
  const next = setVariable(text, server, { name: ownVariable, value }, place.file);
  if (!next.ok) {
    return next;
  }
  // What was said of it there before has no effect any more.
  const gone = deleteConfig(next.value, { server, path }, place.file);
  return ok({ text: gone.ok ? gone.value : next.value, unknown: [] });
}

/** Names of the variables that an entry itself sets. */
function variablesOf(entry: NewEntry | undefined): readonly string[] {
  const list = entry?.['env'];
  const names = (Array.isArray(list) ? (list as readonly Json[]) : []).map((variable) => objectOf(variable)['name']);
  return names.filter((name) => typeof name === 'string');
}

function withoutValues(
  text: string,
  names: readonly string[],
  given: readonly string[],
  { file, catalogs }: { readonly file: string; readonly catalogs: CatalogLookup },
): Result<string> {
  let now = text;
  for (const one of given) {
    const key = keyOf(one, names, file);
    const next = key.ok ? withoutValue(now, names.indexOf(key.value.server), key.value, { file, catalogs }) : key;
    if (!next.ok) {
      return next;
    }
    now = next.value;
  }
  return ok(now);
}

/** What a catalogue declares secret may be a variable of the entry's own. */
function withoutValue(
  text: string,
  index: number,
  key: { readonly server: string; readonly path: readonly string[] },
  { file, catalogs }: { readonly file: string; readonly catalogs: CatalogLookup },
): Result<string> {
  const entry = plainEntries(text)[index];
  const declared = declaredSecret(catalogueServer(entry, catalogs), key.path);
  return declared !== undefined && ownVariable(entry, declared.env) !== undefined
    ? removeVariable(text, key.server, declared.env, file)
    : deleteConfig(text, key, file);
}

/** The file must be as usable as before, and hold no secret more. */
function check(locations: Locations, { file }: Target, text: string): Result<null> {
  const after = readProfile(text, file.path, catalogLookup(locations));
  if (!after.ok && !isOfCatalogues(after.problem)) {
    return fail(problems.configRefused(after.problem.message));
  }
  const scanner = nodeScanner();
  const [before, found] = [literalSecrets(file.text, file.path, scanner), literalSecrets(text, file.path, scanner)];
  const [first] = found;
  return first !== undefined && found.length > before.length ? fail(first) : ok(null);
}

function saySecrets({ secrets, typed, replaced }: Made, dryRun: boolean): void {
  for (const { name } of secrets) {
    const where = `it ${dryRun ? 'would go to' : 'is in'} your vault${replaced.includes(name) ? ', in place of the one of this name,' : ','}`;
    note(`wharf: ${name} is a secret: ${where} and the profile names it secret://${name}.`);
  }
  for (const key of typed) {
    note(
      `wharf: The value of ${key} was part of the command: the shell's history keeps it. "--set ${key}=-" asks for it, or takes it from stdin.`,
    );
  }
}
