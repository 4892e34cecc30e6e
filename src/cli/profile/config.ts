import { setTimeout as pause } from 'node:timers/promises';

import type { CatalogLookup } from '../../core/catalog/entry.ts';
import { catalogueServer } from '../../core/profile/catalogueServer.ts';
import { declaredSecret, declaredValues } from '../../core/profile/configSecrets.ts';
import { ownVariable } from '../../core/profile/editVariable.ts';
import { configOf } from '../../core/profile/editConfig.ts';
import { plainEntries } from '../../core/profile/editServers.ts';
import { valueAt } from '../../core/profile/plainValues.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { printValue } from '../printValue.ts';
import { editConfig, type ConfigRequest, type ConfigWorld, type Edited, type Shown } from './configEdit.ts';
import { keyOf } from './configKeys.ts';
import { openProfile, type Target } from './target.ts';

const mostRetries = 5;

/** `wharf profile config`: values are set, then deleted, then shown. Secrets go to the vault, and the file gets references to them. */
export async function configureProfile(locations: Locations, request: ConfigRequest, world: ConfigWorld): Promise<number> {
  const done = await editFresh(locations, request, askedOnce(world));
  if (!done.ok) {
    return complain(done.problem);
  }
  const { target, text, shown } = done.value;
  const asked = valuesOf(text, target, request, catalogLookup(locations));
  if (!asked.ok) {
    return complain(asked.problem);
  }
  const all = new Map([...shown, ...asked.value]);
  if (!request.dryRun || request.set.length + request.del.length === 0) {
    show(all, request.format);
    if (all.size === 0 && request.format === 'human') {
      note(`wharf: No value is set in ${target.file.path}.`);
    }
  }
  return exitCodes.ok;
}

/** Reads, edits and writes; once more where another program wrote the file meanwhile and the edit is possible still. */
async function editFresh(
  locations: Locations,
  request: ConfigRequest,
  world: ConfigWorld,
): Promise<Result<Edited & { readonly target: Target }>> {
  for (let tries = 1; ; tries += 1) {
    const target = await openProfile(locations, request.given);
    const edited = target.ok ? await editConfig(locations, target.value, request, world) : target;
    if (target.ok && edited.ok) {
      return ok({ ...edited.value, target: target.value });
    }
    if (edited.ok || edited.problem.code !== 'WHARF_FILE_CHANGED' || tries > mostRetries) {
      return edited as Result<never>;
    }
    // Several commands that began at once are not at once again.
    await pause(Math.random() * 20 * tries);
  }
}

/** A person who answered, and an input that was read, are not asked again. */
function askedOnce(world: ConfigWorld): ConfigWorld {
  let input: ReturnType<ConfigWorld['readInput']> | undefined;
  let known: ReturnType<ConfigWorld['known']> | undefined;
  const answers = new Map<string, ReturnType<ConfigWorld['mayReplace']>>();
  return {
    readInput: (name) => (input ??= world.readInput(name)),
    known: () => (known ??= world.known()),
    mayReplace: (names) => {
      const key = names.join(' ');
      const answer = answers.get(key) ?? world.mayReplace(names);
      answers.set(key, answer);
      return answer;
    },
    keep: world.keep,
  };
}

/** What `--get` and `--get-all` ask for; all where nothing was asked for. */
export function valuesOf(
  text: string,
  { file, profile }: Target,
  { set, get, del, getAll }: ConfigRequest,
  catalogs: CatalogLookup,
): Result<Shown> {
  const isAll = getAll || set.length + get.length + del.length === 0;
  const entries = plainEntries(text);
  const names = profile.servers.map((server) => server.name);
  const shown: Shown = new Map();
  for (const given of get) {
    const key = keyOf(given, names, file.path);
    if (!key.ok) {
      return key;
    }
    const entry = entries[names.indexOf(key.value.server)];
    const [config, catalogue] = [configOf(entry), catalogueServer(entry, catalogs)];
    const secret = declaredSecret(catalogue, key.value.path);
    const path = key.value.path.join('.');
    const value = valueAt(config, key.value.path) ?? (secret && ownVariable(entry, secret.env));
    if (value === undefined) {
      const known = [...Object.keys(config), ...declaredValues(entry, catalogue).map(([name]) => name)];
      return fail(problems.configUnset(key.value.server, path, known));
    }
    shown.set(given, value);
  }
  for (const [index, server] of (isAll ? names : []).entries()) {
    const entry = entries[index];
    const declared = declaredValues(entry, catalogueServer(entry, catalogs));
    [...Object.entries(configOf(entry)), ...declared].forEach(([key, value]) => shown.set(`${server}.${key}`, value));
  }
  return ok(shown);
}

function show(values: Shown, format: ListFormat): void {
  if (format !== 'human') {
    printValue(Object.fromEntries(values), format);
    return;
  }
  values.forEach((value, key) => print(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`));
}
