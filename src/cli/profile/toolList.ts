import type { ListFormat } from '../options.ts';
import { print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';
import { lookedUp, type KnownTools } from './knownTools.ts';
import type { Target } from './target.ts';

interface Row {
  readonly server: string;
  /** All its tools are offered, whatever they are. */
  readonly all: boolean;
  /** As far as they are known. */
  readonly tools: readonly { readonly name: string; readonly offered: boolean }[];
}

/** The tools of the servers of a profile, and which of them it offers. No server is started for it. */
export async function listTools(target: Target, format: ListFormat, knownTools: KnownTools): Promise<void> {
  const rows: Row[] = [];
  for (const server of target.profile.servers) {
    const { name, tools } = server;
    const names = new Set([...((await lookedUp(target, server, knownTools)) ?? []), ...(tools ?? [])]);
    rows.push({
      server: name,
      all: tools === null,
      tools: Array.from(names, (tool) => ({ name: tool, offered: tools?.includes(tool) ?? true })),
    });
  }
  if (format !== 'human') {
    printValue(rows, format);
  } else if (rows.length === 0) {
    print('The profile has no servers.');
  } else {
    printTable([['SERVER', 'TOOL', 'OFFERED'], ...rows.flatMap(linesOf)]);
  }
}

function linesOf({ server, all, tools }: Row): readonly (readonly string[])[] {
  return tools.length === 0
    ? [[server, all ? '(all; their names are not known yet)' : '(none)', all ? 'on' : 'off']]
    : tools.map(({ name, offered }) => [server, name, offered ? 'on' : 'off']);
}
