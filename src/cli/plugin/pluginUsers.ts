import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { programName } from '../../core/codexConfig/gatewayServer.ts';
import { readCodexConfig, stringAt, stringsAt, type CodexServer } from '../../core/codexConfig/servers.ts';
import { codexHome } from '../../node/codexHome.ts';
import { readTextFile } from '../../node/textFile.ts';
import { visibleText } from '../../shared/visibleText.ts';

/** Bytes of a configuration of Codex that is looked at. */
const configLimit = 1024 ** 2;

/** Entries of Codex that start `docker mcp`, as words such as `[mcp_servers.NAME] in FILE`: the user's own, and those that `folder` sees. */
export async function pluginUsers(folder: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const home = codexHome(env);
  const names = await readdir(home).catch((): string[] => []);
  const files = names.filter((name) => name === 'config.toml' || name.endsWith('.config.toml')).map((name) => join(home, name));
  for (let at = resolve(folder); ; at = dirname(at)) {
    files.push(join(at, '.codex', 'config.toml'));
    if (dirname(at) === at) {
      break;
    }
  }
  const words = await Promise.all(
    [...new Set(files)].map(async (file) => {
      const read = await readTextFile(file, configLimit);
      const servers = read.ok ? readCodexConfig(read.value.text).servers : [];
      return servers.filter(startsPlugin).map(({ name }) => visibleText(`[mcp_servers.${name}] in ${file}`));
    }),
  );
  return words.flat();
}

function startsPlugin({ table }: CodexServer): boolean {
  return programName(stringAt(table, 'command') ?? '') === 'docker' && stringsAt(table, 'args')[0] === 'mcp';
}
