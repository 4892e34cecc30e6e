import { fail, ok, type Result } from '../../shared/result.ts';
import { checkConfig, type Config } from '../catalog/configSchema.ts';
import * as problems from '../problems.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { changeText, type Change } from './changes.ts';
import { plainEntries } from './editServers.ts';
import { objectOf, type NewEntry } from './newEntry.ts';
import { valueAt } from './plainValues.ts';
import { readProfile } from './read.ts';
import type { Json } from './yamlText.ts';

/** Which value of which server, such as `jira.url` of `atlassian`. */
export interface ConfigKey {
  readonly server: string;
  readonly path: readonly string[];
}

const tail = ['secrets', 'tools', 'catalog_ref', 'catalogRef', 'snapshot', 'wharf'];

/** Finds the server in `server.key` or `server.a.b`, whose own name may have dots. Undefined where it names none, or no key. */
export function parseConfigKey(text: string, servers: readonly string[]): ConfigKey | undefined {
  const server = servers.filter((name) => text.startsWith(`${name}.`)).toSorted((a, b) => b.length - a.length)[0];
  const path = server === undefined ? [] : text.slice(server.length + 1).split('.');
  return server === undefined || path.some((step) => step === '') ? undefined : { server, path };
}

/** What an entry says as its configuration. */
export function configOf(entry: NewEntry | undefined): Readonly<Record<string, Json>> {
  return objectOf(entry?.['config']);
}

/**
 * The text of a profile in which a server's configuration has these values. Each must be of the type that the catalogue names; a key
 * that the catalogue does not know is in `unknown`. `schemas` are those of the catalogue, `file` is only for messages.
 */
export function setConfig(
  text: string,
  server: string,
  values: readonly (readonly [path: readonly string[], value: Json])[],
  { file, schemas }: { readonly file: string; readonly schemas: readonly Config[] },
): Result<{ readonly text: string; readonly unknown: readonly string[] }> {
  const index = indexIn(text, server, file);
  if (!index.ok) {
    return index;
  }
  const changes = values.map(([path, value]): Change => ({
    kind: 'set',
    path: ['servers', index.value, 'config', ...path],
    value,
    before: tail,
  }));
  const next = changeText(text, changes);
  if (next === undefined) {
    const keys = values.map(([path]) => path.join('.'));
    return fail(problems.profileNotEdited(file, server, `config: ${keys.join(', ')}`));
  }
  const entry = plainEntries(next)[index.value];
  const faults = checkConfig(schemas, configOf(entry));
  const wrong = faults.filter(({ kind }) => kind === 'wrong');
  if (wrong.length > 0) {
    return fail(
      problems.configValue(
        server,
        wrong.map(({ words }) => words),
      ),
    );
  }
  return ok({ text: next, unknown: faults.flatMap(({ kind, path }) => (kind === 'unknown' ? [path] : [])) });
}

/** The text of a profile in which a server's configuration has no such value; maps that are left empty go with it. */
export function deleteConfig(text: string, { server, path }: ConfigKey, file: string): Result<string> {
  const index = indexIn(text, server, file);
  if (!index.ok) {
    return index;
  }
  const config = configOf(plainEntries(text)[index.value]);
  if (valueAt(config, path) === undefined) {
    return fail(problems.configUnset(server, path.join('.'), Object.keys(config)));
  }
  let gone = ['config', ...path];
  while (gone.length > 1 && Object.keys(objectOf(valueAt({ config }, gone.slice(0, -1)))).length === 1) {
    gone = gone.slice(0, -1);
  }
  const next = changeText(text, [{ kind: 'remove', path: ['servers', index.value, ...gone] }]);
  return next === undefined ? fail(problems.profileNotEdited(file, server, `config without ${path.join('.')}`)) : ok(next);
}

function indexIn(text: string, server: string, file: string): Result<number> {
  const profile = readProfile(text, file, anyCatalogue);
  if (!profile.ok) {
    return profile;
  }
  const known = profile.value.servers.map(({ name }) => name);
  const index = known.indexOf(server);
  return index === -1 ? fail(problems.serverNotInProfile(server, known, file)) : ok(index);
}
