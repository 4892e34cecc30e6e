import { configSchemasOf } from '../../core/catalog/configSchema.ts';
import { catalogueServer, deleteConfig, setConfig } from '../../core/profile/editConfig.ts';
import { plainEntries } from '../../core/profile/editServers.ts';
import { setVariable } from '../../core/profile/editVariable.ts';
import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import { readProfile } from '../../core/profile/read.ts';
import type { Json } from '../../core/profile/yamlText.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ListFormat } from '../options.ts';
import { note } from '../output.ts';
import { keyOf } from './configKeys.ts';
import { parseSetting, settle, type SettledValue, type Setting } from './configValues.ts';
import { finishEdit, isOfCatalogues, type Target } from './target.ts';

export interface ConfigRequest {
  readonly given: string;
  /** `SERVER.KEY=VALUE` */
  readonly set: readonly string[];
  /** `SERVER.KEY`, as the next one. */
  readonly get: readonly string[];
  readonly del: readonly string[];
  readonly getAll: boolean;
  readonly format: ListFormat;
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
  const made = withValues(locations, target, settings, input.value);
  const text = made.ok ? withoutValues(made.value.text, names, request.del, file.path) : made;
  if (!made.ok || !text.ok) {
    return text as Result<never>;
  }
  if (text.value === file.text && made.value.secrets.length === 0) {
    return ok({ text: file.text, shown: made.value.shown });
  }
  const sound = check(locations, target, text.value);
  const kept = !sound.ok || request.dryRun || made.value.secrets.length === 0 ? sound : await world.keep(made.value.secrets);
  const written = kept.ok ? await finishEdit(locations, file, text.value, request.dryRun) : kept;
  if (!written.ok) {
    return written;
  }
  saySecrets(made.value, request.dryRun);
  made.value.unknown.forEach((key) => note(`wharf: The catalogue knows no "${key}", so the server may not read it.`));
  return ok({ text: text.value, shown: made.value.shown });
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
}

function withValues(locations: Locations, { file, profile }: Target, settings: readonly Setting[], input: string): Result<Made> {
  const [catalogs, scanner] = [catalogLookup(locations), nodeScanner()];
  const [secrets, unknown, typed, shown]: [NewSecret[], string[], string[], Shown] = [[], [], [], new Map()];
  let text = file.text;
  for (const setting of settings) {
    const { server, path } = setting;
    const index = profile.servers.findIndex(({ name }) => name === server);
    const catalogue = catalogueServer(plainEntries(text)[index], catalogs);
    const known = { catalogue, schemas: configSchemasOf(catalogue), scanner };
    const settled = settle(setting, input, known);
    const next = settled.ok ? written(text, setting, settled.value, { file: file.path, schemas: known.schemas }) : settled;
    if (!settled.ok || !next.ok) {
      return next as Result<never>;
    }
    text = next.value.text;
    const key = `${server}.${path.join('.')}`;
    shown.set(key, settled.value.value);
    typed.push(...(settled.value.secrets.length > 0 && setting.raw !== null ? [key] : []));
    secrets.push(...settled.value.secrets);
    // Its place is not the configuration, where people look for it all the same.
    unknown.push(...(settled.value.secrets.length > 0 ? [] : next.value.unknown.filter((one) => one === path.join('.')).map(() => key)));
  }
  return ok({ text, shown, secrets, unknown, typed });
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
  return next.ok ? ok({ text: next.value, unknown: [] }) : next;
}

function withoutValues(text: string, names: readonly string[], given: readonly string[], file: string): Result<string> {
  let now = text;
  for (const one of given) {
    const key = keyOf(one, names, file);
    const next = key.ok ? deleteConfig(now, key.value, file) : key;
    if (!next.ok) {
      return next;
    }
    now = next.value;
  }
  return ok(now);
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

function saySecrets({ secrets, typed }: Made, dryRun: boolean): void {
  for (const { name } of secrets) {
    note(`wharf: ${name} is a secret: it ${dryRun ? 'would go to' : 'is in'} your vault, and the profile names it secret://${name}.`);
  }
  for (const key of typed) {
    note(
      `wharf: The value of ${key} was part of the command: the shell's history keeps it. "--set ${key}=-" asks for it, or takes it from stdin.`,
    );
  }
}
