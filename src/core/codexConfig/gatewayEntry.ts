interface EntryBase {
  readonly name: string;
  readonly startupTimeoutSec: number;
  readonly toolTimeoutSec: number;
  /** null leaves `default_tools_approval_mode` as it is. */
  readonly approval: 'auto' | 'prompt' | 'writes' | 'approve' | null;
}

/** A gateway that Codex starts. */
export interface StdioGatewayEntry extends EntryBase {
  readonly transport: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** Only these variables are set; others that the user has stay. */
  readonly env: Readonly<Record<string, string>>;
}

/** A gateway that something else starts, and that Codex reaches over HTTP. */
export interface HttpGatewayEntry extends EntryBase {
  readonly transport: 'http';
  readonly url: string;
  /** The variable in Codex's own environment that holds the token. */
  readonly bearerTokenEnvVar: string;
}

/** What `[mcp_servers.NAME]` shall say. */
export type GatewayEntry = StdioGatewayEntry | HttpGatewayEntry;

/** The key of the entry in `[mcp_servers]`: the same as Docker's, so that documents about it hold. */
export const gatewayEntryName = 'MCP_DOCKER';

/**
 * What people choose, and the value of `default_tools_approval_mode`. Always written: an older, wider choice must not stay. Codex's
 * own `auto` also runs tools that change something, where they say that they destroy nothing and reach nothing outside.
 */
export const approvalModes = { 'read-only': 'writes', all: 'approve', prompt: 'prompt' } as const;

export type ApprovalChoice = keyof typeof approvalModes;

/** Seconds that a gateway may take to start its containers and list their tools. */
const startupTimeoutSec = 60;
/** Codex 0.169's own default; older versions stop a call after 60 s. */
const toolTimeoutSec = 300;

/** What Codex starts: a program, the arguments before `gateway run`, and variables, as Codex passes almost no environment on. */
export interface GatewayLauncher {
  readonly command: string;
  readonly before: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The entry that makes Codex start the gateway for a profile. */
export function gatewayEntry(choice: {
  readonly launcher: GatewayLauncher;
  readonly profile: string;
  readonly approval: ApprovalChoice;
}): StdioGatewayEntry {
  const { command, before, env } = choice.launcher;
  return {
    name: gatewayEntryName,
    transport: 'stdio',
    command,
    args: [...before, 'gateway', 'run', '--profile', choice.profile],
    env,
    startupTimeoutSec,
    toolTimeoutSec,
    approval: approvalModes[choice.approval],
  };
}

/** The variable that Codex reads the gateway's token from, in its own environment. */
export const tokenVariable = 'WHARF_HTTP_TOKEN';

/** The entry that makes Codex reach a gateway that runs as a service of this computer. `handle` stands for the profile. */
export function httpGatewayEntry(choice: {
  readonly port: number;
  readonly handle: string;
  readonly approval: ApprovalChoice;
}): HttpGatewayEntry {
  return {
    name: gatewayEntryName,
    transport: 'http',
    url: `http://127.0.0.1:${choice.port}/p/${choice.handle}/mcp`,
    bearerTokenEnvVar: tokenVariable,
    startupTimeoutSec,
    toolTimeoutSec,
    approval: approvalModes[choice.approval],
  };
}
