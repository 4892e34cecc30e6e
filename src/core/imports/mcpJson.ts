import { parse as parseJsonc, printParseErrorCode, type ParseError } from 'jsonc-parser';

import { positionAt } from '../../shared/text.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { isRecord } from '../provenance/json.ts';
import type { ClientKind, ForeignConfig, ForeignServer } from './foreign.ts';
import { readJsonServer } from './jsonServer.ts';
import type { Inputs } from './placeholders.ts';

/** Characters of a configuration: `.claude.json` also keeps a history. */
export const longestConfig = 16 * 1024 * 1024;

/** `folder` is the project whose servers are wanted of a file that has those of several. */
export interface JsonSource {
  readonly client: Exclude<ClientKind, 'codex'>;
  readonly file: string;
  readonly folder: string;
}

/**
 * Reads the JSON, with comments and trailing commas, that clients keep their servers in: `mcpServers`, VS Code's `servers` (also under
 * `mcp` of its settings), Zed's `context_servers`, and the projects of `.claude.json`. Fails with `importSyntax` for what is no JSON, and
 * `importShape` for what is no configuration.
 */
export function readMcpJson(text: string, source: JsonSource): Result<ForeignConfig> {
  const { file } = source;
  const errors: ParseError[] = [];
  const value: unknown = parseJsonc(text.replace(/^\ufeff/, ' '), errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [first] = errors;
  if (first !== undefined) {
    return fail(problems.importSyntax({ file, ...positionAt(text, first.offset) }, printParseErrorCode(first.error)));
  }
  if (value === undefined) {
    return ok({ servers: [], unusable: [] });
  }
  if (!isRecord(value)) {
    return fail(problems.importShape(file, 'it is no JSON object'));
  }
  const tables = tablesOf(value, source);
  if (typeof tables === 'string') {
    return fail(problems.importShape(file, tables));
  }
  return ok(serversOf(tables, source, inputsOf(value)));
}

interface Table {
  readonly servers: Readonly<Record<string, unknown>>;
  readonly disabled: readonly string[];
}

function tablesOf(value: Readonly<Record<string, unknown>>, { client, folder }: JsonSource): readonly Table[] | string {
  const nested = isRecord(value['mcp']) ? value['mcp'] : {};
  const candidates: readonly (readonly [string, unknown])[] = [
    ['mcpServers', value['mcpServers']],
    ['servers', value['servers'] ?? nested['servers']],
    ['context_servers', value['context_servers']],
  ];
  const tables: Table[] = [];
  for (const [key, servers] of candidates) {
    if (servers !== undefined && !isRecord(servers)) {
      return `"${key}" is no object of servers`;
    }
    if (servers !== undefined) {
      tables.push({ servers, disabled: [] });
    }
  }
  const projects = client === 'claude-code' && isRecord(value['projects']) ? value['projects'] : {};
  const project = Object.hasOwn(projects, folder) ? projects[folder] : undefined;
  if (isRecord(project) && isRecord(project['mcpServers'])) {
    tables.push({ servers: project['mcpServers'], disabled: textsOf(project['disabledMcpServers']) });
  }
  const isPlainMap = tables.length === 0 && Object.values(value).some((one) => isRecord(one) && ('command' in one || 'url' in one));
  return isPlainMap ? [{ servers: value, disabled: [] }] : tables;
}

/** A server of a later table goes before one of the same name, as a project's goes before the user's. */
function serversOf(tables: readonly Table[], { client, file }: JsonSource, inputs: Inputs): ForeignConfig {
  const servers = new Map<string, ForeignServer>();
  const unusable: { name: string; why: string }[] = [];
  for (const table of tables) {
    for (const [name, value] of Object.entries(table.servers)) {
      const read = readJsonServer(value, { name, client, file, inputs });
      if ('why' in read) {
        unusable.push({ name, why: read.why });
      } else {
        servers.set(name, { ...read, isEnabled: read.isEnabled && !table.disabled.includes(name) });
      }
    }
  }
  return { servers: [...servers.values()], unusable };
}

/** VS Code's `inputs`. Of one that is not understood the value is kept as a secret. */
function inputsOf(value: Readonly<Record<string, unknown>>): Inputs {
  const nested = isRecord(value['mcp']) ? value['mcp'] : {};
  const list = value['inputs'] ?? nested['inputs'];
  return new Map(
    (Array.isArray(list) ? list : []).flatMap((input: unknown) => {
      if (!isRecord(input) || typeof input['id'] !== 'string') {
        return [];
      }
      const isSecret = input['password'] === true || (input['type'] !== 'promptString' && input['type'] !== 'pickString');
      const fallback = typeof input['default'] === 'string' ? input['default'] : null;
      return [[input['id'], { isSecret, fallback }] as const];
    }),
  );
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
