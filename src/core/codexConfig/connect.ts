import { applyEdits, positionAt } from '../../shared/text.ts';
import { fail, ok } from '../../shared/result.ts';
import { parseToml } from '../toml/document.ts';
import { lineEnding } from '../toml/lines.ts';
import { shorten } from '../toml/shorten.ts';
import * as problems from '../problems.ts';
import { composeEdits } from './composeEdits.ts';
import { insertKeys, removeMember, setValue } from './edit.ts';
import { replacements, variablesOf, wantedEnv, wantedKeys, wantedValues } from './entryKeys.ts';
import { gatewayAddress } from './gatewayAddress.ts';
import { insertItems, insertion, listOf, mergeInsertions } from './listEdit.ts';
import { writeKey, writeString, writeValue } from './newText.ts';
import { proveConnected, proveDisconnected } from './proof.ts';
import { serversKey, serversOf, stringAt } from './servers.ts';
import { foreignKeys, switchTransport } from './switchTransport.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Result } from '../../shared/result.ts';
import type { TextEdit } from '../../shared/text.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { TomlMember } from '../toml/table.ts';
import type { NewKey } from './edit.ts';
import type { GatewayEntry } from './gatewayEntry.ts';

/** Edits against the given text, and the text that they lead to. No edits mean that nothing has to change. */
export interface ConfigEdit {
  readonly edits: readonly TextEdit[];
  readonly text: string;
}

/**
 * Makes the entry of a gateway say what it shall, as the smallest edits of the text. Everything else stays as it is; only keys
 * of the other transport go, because Codex refuses them. The edits are proven before they are returned. `file` is only named
 * in problems.
 * Fails with `configSyntax` for text that is not TOML and `configUnwritable` for tables that cannot take the entry.
 */
export function connectGateway(text: string, entry: GatewayEntry, file: string): Result<ConfigEdit> {
  const document = parseToml(text);
  const broken = syntaxProblem(document, file);
  if (broken !== undefined) {
    return fail(broken);
  }
  // Obstacles are named by their place in the file, so they are looked for before anything is switched.
  const refusal = takenBySomethingElse(document, entry) ?? obstacleIn(plan(document, entry));
  if (refusal !== undefined) {
    return fail(problems.configUnwritable({ file, ...positionAt(text, refusal.offset) }, refusal.detail));
  }
  const switched = switchTransport(document, entry.name, entry.transport, replacements(entry));
  const planned = switched.length === 0 ? plan(document, entry) : plan(parseToml(applyEdits(text, switched)), entry);
  if (!Array.isArray(planned)) {
    return fail(problems.configUnwritable({ file, line: 1, column: 1 }, planned.detail));
  }
  const edits = composeEdits(text, switched, mergeInsertions(planned));
  const after = applyEdits(text, edits);
  const flaw = proveConnected(document, after, entry);
  return flaw === undefined ? ok({ edits, text: after }) : fail(problems.configUnwritable({ file, line: 1, column: 1 }, flaw));
}

/**
 * Removes the entry: all its tables and keys, with a comment directly above a header of it. No edits where there is none.
 * Proven like `connectGateway`, with the same problems.
 */
export function disconnectGateway(text: string, name: string, file: string): Result<ConfigEdit> {
  const document = parseToml(text);
  const broken = syntaxProblem(document, file);
  if (broken !== undefined) {
    return fail(broken);
  }
  const servers = document.root.members.get(serversKey)?.value;
  const member = servers?.kind === 'table' ? servers.members.get(name) : undefined;
  const edits = member === undefined ? [] : mergeInsertions(removeMember(document, member));
  const after = applyEdits(text, edits);
  const flaw = proveDisconnected(document, after, name);
  return flaw === undefined ? ok({ edits, text: after }) : fail(problems.configUnwritable({ file, line: 1, column: 1 }, flaw));
}

function syntaxProblem(document: TomlDocument, file: string): Problem | undefined {
  const error = document.errors[0];
  return error === undefined ? undefined : problems.configSyntax({ file, ...positionAt(document.text, error.range.start) }, error.message);
}

/** Why and where a document cannot take the entry. */
interface Obstacle {
  readonly offset: number;
  readonly detail: string;
}

function obstacleIn(planned: TextEdit[] | Obstacle): Obstacle | undefined {
  return Array.isArray(planned) ? undefined : planned;
}

/** A server at an address that is no gateway's on this computer is the user's own, whatever its name. */
function takenBySomethingElse(document: TomlDocument, entry: GatewayEntry): Obstacle | undefined {
  const table = serversOf(document.root).find(({ name }) => name === entry.name)?.table;
  const found = foreignKeys('stdio').flatMap((name) => table?.members.get(name) ?? [])[0];
  if (table === undefined || found === undefined || gatewayAddress(stringAt(table, 'url') ?? '') !== undefined) {
    return undefined;
  }
  const name = shorten(entry.name);
  return entry.transport === 'stdio'
    ? obstacle(found, `"${name}" is a server reached by URL, and Codex refuses "${found.name}" beside a command`)
    : obstacle(found, `"${name}" is a server at another address than that of a gateway on this computer`);
}

function plan(document: TomlDocument, entry: GatewayEntry): TextEdit[] | Obstacle {
  const servers = document.root.members.get(serversKey);
  if (servers === undefined) {
    return appendTable(document, entry);
  }
  if (servers.value.kind !== 'table') {
    return obstacle(servers, `"${serversKey}" is not a table of servers`);
  }
  const server = servers.value.members.get(entry.name);
  if (server !== undefined) {
    return changeServer(document, server, entry);
  }
  const { inline } = servers.value;
  if (inline === null) {
    return appendTable(document, entry);
  }
  const fields = [...wantedKeys(entry), ...wantedEnv(entry)].map((key) => `${key.name} = ${key.text}`);
  const item = `${writeKey(entry.name)} = { ${fields.join(', ')} }`;
  return insertItems(document.text, listOf(inline), inline.entries.length - 1, [item]);
}

function obstacle(member: TomlMember, detail: string): Obstacle {
  const statement = member.entry ?? member.mentions[0]?.statement;
  return { offset: statement?.range.start ?? 0, detail };
}

/**
 * A new table behind everything else. One line end always separates it, and it ends with one only where
 * the file did: so taking it out again gives the old bytes.
 */
function appendTable(document: TomlDocument, entry: GatewayEntry): TextEdit[] {
  const { text } = document;
  const eol = lineEnding(text);
  const path = `${serversKey}.${writeKey(entry.name)}`;
  const env = Object.entries(variablesOf(entry)).map(([name, value]) => `${writeKey(name)} = ${writeString(value)}`);
  const lines = [`[${path}]`, ...wantedKeys(entry).map((key) => `${key.name} = ${key.text}`)];
  if (env.length > 0) {
    lines.push('', `[${path}.env]`, ...env);
  }
  const isEmpty = text === '' || text === '\uFEFF';
  const endsLine = isEmpty || text.endsWith('\n');
  const before = isEmpty ? '' : endsLine ? eol : eol + eol;
  return [insertion(text.length, before + lines.join(eol) + (endsLine ? eol : ''))];
}

function changeServer(document: TomlDocument, server: TomlMember, entry: GatewayEntry): TextEdit[] | Obstacle {
  const table = server.value;
  if (table.kind !== 'table') {
    return obstacle(server, `"${shorten(entry.name)}" is not a table`);
  }
  const edits: TextEdit[] = [];
  const missing: NewKey[] = [];
  for (const [name, value] of wantedValues(entry)) {
    const member = table.members.get(name);
    const change = member === undefined ? [] : setValue(document, member, value);
    if (change === undefined && member !== undefined) {
      return obstacle(member, `"${name}" is a table`);
    }
    edits.push(...(change ?? []));
    if (member === undefined) {
      missing.push({ name, text: writeValue(value) });
    }
  }
  const env = entry.transport === 'stdio' ? table.members.get('env') : undefined;
  const envEdits = env === undefined ? [] : changeEnv(document, env, entry);
  if (!Array.isArray(envEdits)) {
    return envEdits;
  }
  const added = insertKeys(document, server, env === undefined ? [...missing, ...wantedEnv(entry)] : missing);
  return added === undefined ? obstacle(server, `no key can be added to "${shorten(entry.name)}"`) : [...edits, ...envEdits, ...added];
}

function changeEnv(document: TomlDocument, env: TomlMember, entry: GatewayEntry): TextEdit[] | Obstacle {
  if (env.value.kind !== 'table') {
    return obstacle(env, '"env" is not a table');
  }
  const edits: TextEdit[] = [];
  const missing: NewKey[] = [];
  for (const [name, value] of Object.entries(variablesOf(entry))) {
    const member = env.value.members.get(name);
    if (member === undefined) {
      missing.push({ name, text: writeValue(value) });
      continue;
    }
    const change = setValue(document, member, value);
    if (change === undefined) {
      return obstacle(member, `the variable "${shorten(name)}" is a table`);
    }
    edits.push(...change);
  }
  const added = insertKeys(document, env, missing);
  return added === undefined ? obstacle(env, 'no variable can be added to "env"') : [...edits, ...added];
}
