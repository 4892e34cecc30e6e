import { programName } from '../codexConfig/gatewayServer.ts';
import { unwrapped } from '../imports/convert.ts';
import { parseDockerRun, type DockerRun } from '../imports/dockerRun.ts';
import type { ForeignServer } from '../imports/foreign.ts';
import { parsePackageCommand, type PackageCommand } from '../imports/packageCommand.ts';
import type { IsSecretText } from '../imports/values.ts';

/** One server of Codex's configuration, with what its words say. */
export interface Look {
  readonly server: ForeignServer;
  /** The name of the program that runs in the end, in lower case; empty for a remote server. */
  readonly program: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly package: PackageCommand | undefined;
  readonly run: DockerRun | undefined;
  /** Of its environment, also those that are only passed on. */
  readonly variables: Readonly<Record<string, string>>;
  /** What it is, for rules that know programs by name: package, image or program, without its version. */
  readonly name: string;
  /** `default_tools_approval_mode`. */
  readonly approval: string | undefined;
  readonly home: string;
  readonly isSecretText: IsSecretText;
}

export function lookAt(server: ForeignServer, context: Pick<Look, 'approval' | 'home' | 'isSecretText'>): Look {
  const { transport } = server;
  const none = { program: '', command: '', args: [], package: undefined, run: undefined, variables: {}, name: '' };
  if (transport.kind === 'http') {
    return { server, ...none, ...context };
  }
  const { command, args } = unwrapped(transport);
  const program = programName(command);
  const parsed = ['docker', 'podman', 'nerdctl'].includes(program) ? parseDockerRun(args) : undefined;
  const run = typeof parsed === 'string' ? undefined : parsed;
  const found = parsePackageCommand(command, args);
  const name = run?.image.replace(/[@:][^/]*$/, '') ?? found?.name ?? program;
  return { server, program, command, args, package: found, run, variables: transport.env, name: name.toLowerCase(), ...context };
}
