import { parse } from 'yaml';

import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import type { CatalogEntry } from './entry.ts';
import { entryOf } from './entryOf.ts';
import { isValues, textOf, type Values } from './serverShape.ts';

/** The label with which an image describes itself as a server (docker/mcp-gateway, `docker://`). */
export const imageLabelName = 'io.docker.server.metadata';

/** Characters; a long list of tools has a tenth of it. */
const longest = 256 * 1024;

/**
 * Reads the label of an image. It keeps what Docker's gateway keeps: what the server is and offers. What it would like to be
 * granted, as volumes, a user, a command or secrets, is left out, because an image must not grant itself anything.
 */
export function readImageLabel(label: string, image: string): Result<CatalogEntry> {
  const bad = (why: string): Result<CatalogEntry> => fail(problems.catalogEntry(image, why));
  if (label.length > longest) {
    return bad(`its label ${imageLabelName} has more than ${longest} characters`);
  }
  let given: unknown;
  try {
    given = parse(label, { maxAliasCount: 100, logLevel: 'error' });
  } catch (error) {
    return bad(`its label ${imageLabelName} is no YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
  }
  if (!isValues(given)) {
    return bad(`its label ${imageLabelName} is not a map of keys`);
  }
  const entry = entryOf(textOf(given, 'name'), { ...kept(given), type: 'server', image });
  return 'why' in entry ? bad(`in its label ${imageLabelName}, ${entry.why}`) : ok(entry);
}

const keptKeys = ['description', 'title', 'icon', 'readme', 'config', 'prefix', 'metadata'];
const keptOfTool = ['name', 'description', 'arguments', 'annotations', 'parameters'];

function kept(given: Values): Values {
  return {
    ...picked(given, keptKeys),
    ...list(given, 'env', (variable) => picked(variable, ['name'])),
    ...list(given, 'tools', (tool) => picked(tool, keptOfTool)),
  };
}

function picked(values: Values, keys: readonly string[]): Values {
  return Object.fromEntries(keys.flatMap((key) => (values[key] === undefined || values[key] === null ? [] : [[key, values[key]]])));
}

/** A list of another form is left as it is, to be refused by name. */
function list(values: Values, key: string, keep: (item: Values) => Values): Values {
  const value = values[key];
  return value === undefined || value === null
    ? {}
    : { [key]: Array.isArray(value) ? value.map((item: unknown) => (isValues(item) ? keep(item) : item)) : value };
}
