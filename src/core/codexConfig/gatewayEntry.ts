import type { GatewayEntry } from './connect.ts';

/** The key of the entry in `[mcp_servers]`: the same as Docker's, so that documents about it hold. */
export const gatewayEntryName = 'MCP_DOCKER';

/** What people choose, and the value of `default_tools_approval_mode`. Always written: an older, wider choice must not stay. */
export const approvalModes = { 'read-only': 'auto', all: 'approve', prompt: 'prompt' } as const;

export type ApprovalChoice = keyof typeof approvalModes;

/** Seconds that a gateway may take to start its containers and list their tools. */
const startupTimeoutSec = 60;
/** Codex 0.169's own default; older versions stop a call after 60 s. */
const toolTimeoutSec = 300;

/** The entry that makes Codex start the gateway for a profile. `WHARF_HOME` is passed on, as Codex passes almost no environment. */
export function gatewayEntry(choice: {
  readonly launcher: string;
  readonly profile: string;
  readonly wharfHome: string | undefined;
  readonly approval: ApprovalChoice;
}): GatewayEntry {
  return {
    name: gatewayEntryName,
    command: choice.launcher,
    args: ['gateway', 'run', '--profile', choice.profile],
    env: choice.wharfHome === undefined || choice.wharfHome === '' ? {} : { WHARF_HOME: choice.wharfHome },
    startupTimeoutSec,
    toolTimeoutSec,
    approval: approvalModes[choice.approval],
  };
}
