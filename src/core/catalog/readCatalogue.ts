import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { readPayload } from './catalogueJson.ts';
import { addRegistryItem, isRegistryItem, isServerJson } from './communityRegistry.ts';
import { ContentBuilder } from './contentBuilder.ts';
import type { CatalogueContent } from './entry.ts';
import { entryOf } from './entryOf.ts';
import { readRaw, type RawCatalogue, type RawServer } from './rawCatalogue.ts';
import { isServerDefinition, serverOfDefinition } from './serverDefinition.ts';
import { isValues, textOf } from './serverShape.ts';

/**
 * Reads a file of servers, whichever form it has: Docker's catalogue (version 2 or 3), what its gateway pushes, one server,
 * a definition of docker/mcp-registry (`server.yaml`), or what a community registry has (`server.json`, or a page of them).
 * A server that cannot be used is left out with its reason; a file that is none of these is a failure with its place.
 * `file` is only for messages.
 */
export function readCatalogue(text: string, file: string): Result<CatalogueContent> {
  const raw = readRaw(text, file);
  return raw.ok ? readForm(raw.value, file) : raw;
}

function readForm({ keys, servers }: RawCatalogue, file: string): Result<CatalogueContent> {
  const builder = new ContentBuilder();
  const title = textOf(keys, 'displayName') || textOf(keys, 'title') || textOf(keys, 'name');
  if (servers !== undefined) {
    addServers(builder, servers.key, servers.list);
    return ok(builder.content(title));
  }
  if (isServerJson(keys)) {
    addRegistryItem(builder, keys, null);
  } else if (isServerDefinition(keys)) {
    builder.add(textOf(keys, 'name'), serverOfDefinition(keys));
  } else if (['type', 'image', 'remote', 'sseEndpoint', 'tools'].some((key) => keys[key] !== undefined)) {
    builder.add(textOf(keys, 'name'), entryOf(textOf(keys, 'name'), keys));
  } else {
    return fail(problems.catalogShape({ file, line: 1, column: 1 }, 'it has neither servers nor what one server has'));
  }
  return ok(builder.content(title));
}

function addServers(builder: ContentBuilder, key: 'registry' | 'servers', list: readonly RawServer[]): void {
  for (const { name = '', value, why, line } of list) {
    if (why !== undefined) {
      builder.skip(name, why, line);
    } else if (isValues(value) && isRegistryItem(value)) {
      addRegistryItem(builder, value, null);
    } else if (key === 'registry') {
      builder.add(name, entryOf(name, value), line);
    } else {
      builder.add(...readPayload(value), line);
    }
  }
}
