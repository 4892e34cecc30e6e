import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { brokenReport, clientLines, clientReport } from '../core/codexConfig/clientReport.ts';
import { codexHome } from '../node/codexHome.ts';
import { readTextFile } from '../node/textFile.ts';
import type { ListFormat } from './options.ts';
import { exitCodes, print } from './output.ts';
import { printValue } from './printValue.ts';

export interface ListOptions {
  readonly global?: true;
  readonly json?: true;
  readonly format: ListFormat;
}

/** `wharf client ls`: which clients have an entry of a gateway, in Docker's words and shape. */
export async function listClients({ global, json, format }: ListOptions): Promise<number> {
  const isGlobal = global === true;
  const folder = isGlobal ? codexHome(process.env) : join(process.cwd(), '.codex');
  const read = await readTextFile(join(folder, 'config.toml'));
  const report = read.ok ? clientReport(read.value.text) : brokenReport('read', read.problem.message);
  const isThere = isGlobal ? existsSync(folder) : read.ok && read.value.hash !== null;
  const value = { codex: { ...report, ...(isGlobal ? { isInstalled: isThere, isOsSupported: true } : { isConfigured: isThere }) } };
  if (json === true || format !== 'human') {
    printValue(value, format === 'yaml' ? 'yaml' : 'json');
  } else {
    print(isGlobal ? '=== System-wide MCP Configurations ===' : `=== Project-wide MCP Configurations (${process.cwd()}) ===`);
    (isThere || report.error !== null ? clientLines(report) : [' ● codex: no mcp configured']).forEach(print);
  }
  return exitCodes.ok;
}
