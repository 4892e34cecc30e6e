import { programName } from '../../core/codexConfig/gatewayServer.ts';
import { readCodexConfig, stringAt, stringsAt, type CodexServer } from '../../core/codexConfig/servers.ts';
import { codexConfigPaths } from '../../node/codexHome.ts';
import { readTextFile } from '../../node/textFile.ts';
import { visibleText } from '../../shared/visibleText.ts';

/** Bytes of a configuration of Codex that is looked at. */
const configLimit = 1024 ** 2;

/** Entries of Codex that start `docker mcp`, as words such as `[mcp_servers.NAME] in FILE`: the user's own, and those that `folder` sees. */
export async function pluginUsers(folder: string, env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const words = await Promise.all(
    (await codexConfigPaths(folder, env)).map(async (file) => {
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
