import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { isRecord, listOf, textOf } from '../provenance/json.ts';
import type { DockerNamed } from './dockerServers.ts';

/** A profile that an installed `docker mcp` knows. */
export interface DockerProfile {
  readonly id: string;
  readonly name: string;
  readonly servers: readonly DockerNamed[];
}

/** What `docker mcp profile list --format json` prints (reference: docker-gateway §2.5): whole profiles, snapshots included. */
export function readDockerProfiles(text: string, source: string): Result<readonly DockerProfile[]> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(problems.importShape(source, 'it is no JSON'));
  }
  if (value !== null && !Array.isArray(value)) {
    return fail(problems.importShape(source, 'it is no list of profiles'));
  }
  return ok(listOf(value).flatMap((profile) => (isRecord(profile) ? profileOf(profile, source) : [])));
}

function profileOf(profile: Readonly<Record<string, unknown>>, source: string): readonly DockerProfile[] {
  const id = textOf(profile['id']);
  if (id === null) {
    return [];
  }
  const servers = listOf(profile['servers']).map((item, index): DockerNamed => {
    const entry = isRecord(item) ? item : {};
    const snapshot = isRecord(entry['snapshot']) && isRecord(entry['snapshot']['server']) ? entry['snapshot']['server'] : {};
    const { config, tools, policy: _policy, type: _type, ...rest } = entry;
    return {
      name: textOf(snapshot['name']) ?? `server ${index + 1}`,
      client: 'docker-mcp',
      file: `${source}, profile ${id}`,
      entry: isRecord(item) ? withoutEmpty(rest) : 'it is no object',
      config: isRecord(config) ? config : null,
      tools: Array.isArray(tools) ? tools.filter((tool) => typeof tool === 'string') : null,
    };
  });
  return [{ id, name: textOf(profile['name']) ?? id, servers }];
}

/** Docker writes empty texts where nothing was said. */
function withoutEmpty(entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null && value !== ''));
}
