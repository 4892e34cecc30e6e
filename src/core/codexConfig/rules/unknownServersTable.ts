import { applyEdits } from '../../../shared/text.ts';
import { parseToml } from '../../toml/document.ts';
import { mentionedPart } from '../../toml/table.ts';
import { firstMention, serversKey } from '../servers.ts';
import type { TextEdit, TextRange } from '../../../shared/text.ts';
import type { TomlDocument } from '../../toml/document.ts';
import type { TomlMember, TomlTable } from '../../toml/table.ts';
import type { Finding } from '../findings.ts';
import type { Rule } from './rule.ts';

const nearMiss = /^(?:mcp[-_. ]?servers?|servers)$/i;

/** Servers in a table that only looks like `mcp_servers`: Codex loads none of them. */
export const unknownServersTable: Rule = {
  code: 'unknown-servers-table',
  check: ({ document }) => misplacedTables(document.root).map((misplaced) => finding(document, misplaced)),
};

/** A table of servers under a wrong name; `path` is that name. */
interface Misplaced {
  readonly path: readonly string[];
  readonly member: TomlMember;
}

function misplacedTables(root: TomlTable): Misplaced[] {
  const found: Misplaced[] = [];
  for (const member of root.members.values()) {
    const inner = member.name === 'mcp' && member.value.kind === 'table' ? member.value.members.get('servers') : undefined;
    if (inner !== undefined && holdsServers(inner)) {
      found.push({ path: [member.name, inner.name], member: inner });
    } else if (member.name !== serversKey && nearMiss.test(member.name) && holdsServers(member)) {
      found.push({ path: [member.name], member });
    }
  }
  return found;
}

/** Whether a table has tables in it that could be servers. */
function holdsServers(member: TomlMember): boolean {
  const { value } = member;
  if (value.kind !== 'table') {
    return false;
  }
  const isServer = ({ value: inner }: TomlMember): boolean => inner.kind === 'table';
  return value.members.size === 0 ? member.name !== 'servers' : [...value.members.values()].some(isServer);
}

function finding(document: TomlDocument, { path, member }: Misplaced): Finding {
  const edits = renames(path, member);
  const fixes = edits !== undefined && staysReadable(document, edits) ? [{ title: `Rename to ${serversKey}`, edits }] : [];
  return {
    code: 'unknown-servers-table',
    severity: 'error',
    message: `Codex does not know the table "${path.join('.')}" and loads no server from it; its servers belong under "${serversKey}".`,
    range: wholeName(path, member) ?? firstMention(member),
    fixes,
  };
}

function wholeName(path: readonly string[], member: TomlMember): TextRange | undefined {
  return renames(path, member)?.[0]?.range;
}

/** Renames the table everywhere; undefined where one of its keys does not stand in full in one place, as below `[mcp]`. */
function renames(path: readonly string[], member: TomlMember): TextEdit[] | undefined {
  const edits: TextEdit[] = [];
  for (const mention of member.mentions) {
    const first = mention.statement.key.parts[mention.index - path.length + 1];
    if (first === undefined) {
      return undefined;
    }
    edits.push({ range: { start: first.range.start, end: mentionedPart(mention).range.end }, newText: serversKey });
  }
  return edits;
}

/** Beside a right table of servers, a renamed one could define something twice. */
function staysReadable(document: TomlDocument, edits: readonly TextEdit[]): boolean {
  if (!document.root.members.has(serversKey)) {
    return true;
  }
  return parseToml(applyEdits(document.text, edits)).errors.length <= document.errors.length;
}
