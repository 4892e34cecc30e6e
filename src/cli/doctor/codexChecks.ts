import { checkCodexConfig } from '../../core/codexConfig/check.ts';
import { addressedGateway, type GatewayStates } from '../../core/codexConfig/gatewayAddress.ts';
import { programName, startsGateway } from '../../core/codexConfig/gatewayServer.ts';
import { readCodexConfig, stringAt } from '../../core/codexConfig/servers.ts';
import * as problems from '../../core/problems.ts';
import type { TomlTable } from '../../core/toml/table.ts';
import type { ToolOutcome } from '../../node/runTool.ts';
import type { Problem } from '../../shared/problem.ts';
import { counted } from './engineChecks.ts';
import { fails, fine, skips, warns, type Check, type Outcome } from './check.ts';

/** One `config.toml` of Codex. */
export interface ConfigFile {
  readonly path: string;
  readonly scope: 'user' | 'project';
  /** Null where there is none. */
  readonly text: string | null;
  /** Why it cannot be read. */
  readonly problem?: Problem;
}

/** Looks at what a configuration needs outside of itself. */
export interface ConfigWorld {
  /** Whether a program can be started by this path or name. */
  canRun(command: string): Promise<boolean>;
  /** Where Wharf's plugin of the Docker CLI is missing; undefined where "docker mcp" is there, whoever wrote it. */
  missingPlugin(env: NodeJS.ProcessEnv): Promise<string | undefined>;
  readonly gateways: GatewayStates;
  isSet(variable: string): boolean;
}

/** `answer` is what `codex --version` came to. */
export function codexOutcome(answer: ToolOutcome): Outcome {
  if (answer.kind === 'failed') {
    return warns(problems.codexMissing(answer.reason));
  }
  // Of whatever has this name only a version is passed on.
  const version = /\d+\.\d+\.\d+(?:-[\w.]{1,20})?/.exec(answer.stdout.toString('utf8').slice(0, 200))?.[0];
  return answer.code === 0 && version !== undefined ? fine(`version ${version}`) : warns(problems.codexMissing('it does not say one'));
}

export async function configOutcome({ path, scope, text }: ConfigFile, world: ConfigWorld): Promise<Outcome> {
  if (text === null) {
    return fine('there is no such file');
  }
  const { document, servers } = readCodexConfig(text);
  const [broken] = document.errors;
  if (broken !== undefined) {
    const line = text.slice(0, broken.range.start).split('\n').length;
    return fails(problems.configSyntax({ file: path, line, column: 1 }, 'what is wrong there "wharf check" says'));
  }
  const gateways = servers.filter((server) => startsGateway(server) || addressedGateway(server) !== undefined);
  for (const { name, table } of gateways) {
    const command = stringAt(table, 'command');
    if (command !== undefined && !(await world.canRun(command))) {
      return fails(problems.launcherMissing(path, name, command));
    }
    const missing =
      command !== undefined && launcherKind(command) === 'docker' ? await world.missingPlugin(dockerVariables(table)) : undefined;
    if (missing !== undefined) {
      return fails(problems.pluginMissing(missing));
    }
  }
  const findings = checkCodexConfig(text, { scope, gateways: world.gateways, isSet: (name) => world.isSet(name) });
  const [first, ...others] = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
  if (first !== undefined) {
    return warns(problems.configFindings(path, others.length + 1, first.code));
  }
  const names = gateways.map(({ name, table }) => `${name} (${launcherKind(stringAt(table, 'command'))})`);
  return fine(`${counted(servers.length, 'server')}; ${names.length === 0 ? 'no gateway' : `gateway: ${names.join(', ')}`}`);
}

/** What an entry tells the Docker CLI about its plugins. */
function dockerVariables(entry: TomlTable): NodeJS.ProcessEnv {
  const env = entry.members.get('env')?.value;
  const folder = env?.kind === 'table' ? stringAt(env, 'DOCKER_CONFIG') : undefined;
  return folder === undefined ? {} : { DOCKER_CONFIG: folder };
}

function launcherKind(command: string | undefined): string {
  return command === undefined ? 'http' : programName(command) === 'docker' ? 'docker' : 'wharf';
}

/** Whether any of the files that Codex reads gives it a gateway: those of a project count where Codex trusts it. */
export function entryCheck(files: readonly ConfigFile[], isProjectRead: boolean): Check {
  const withEntry = files.filter(({ text }) =>
    readCodexConfig(text ?? '').servers.some((server) => startsGateway(server) || addressedGateway(server) !== undefined),
  );
  const [first] = withEntry;
  const isRead = isProjectRead || withEntry.some(({ scope }) => scope === 'user');
  const outcome =
    first === undefined ? fails(problems.entryMissing()) : isRead ? fine('there is an entry') : fails(problems.entryIgnored(first.path));
  return { id: 'codex/entry', title: 'Gateway in Codex', outcome };
}

/** `trusted` is null where the folder is left out, `hasFiles` whether Codex or Wharf would read anything there. */
export function folderOutcome(folder: string, trusted: boolean | null, hasFiles: boolean): Outcome {
  if (trusted === null) {
    return skips('it was left out');
  }
  if (trusted) {
    return fine('trusted');
  }
  return hasFiles ? warns(problems.folderNotTrusted(folder)) : fine('not trusted, and has nothing that would need it');
}
