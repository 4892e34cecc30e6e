import { setValue } from '../edit.ts';
import { recommendedStartupSeconds, startsGateway } from '../gatewayServer.ts';
import { shorten } from '../../toml/shorten.ts';
import type { Finding } from '../findings.ts';
import type { CodexConfig, CodexServer } from '../servers.ts';
import type { TomlMember } from '../../toml/table.ts';
import type { Rule } from './rule.ts';

const units: readonly { readonly key: string; readonly perSecond: number }[] = [
  { key: 'startup_timeout_sec', perSecond: 1 },
  { key: 'startup_timeout_ms', perSecond: 1000 },
];

/** A gateway whose startup timeout is too short for starting containers. */
export const startupTimeoutLow: Rule = {
  code: 'startup-timeout-low',
  check: (config) => config.servers.filter(startsGateway).flatMap((server) => lowTimeout(config, server)),
};

function lowTimeout(config: CodexConfig, server: CodexServer): Finding[] {
  // The first key that is there counts: startup_timeout_sec wins over startup_timeout_ms.
  const unit = units.find(({ key }) => server.table.members.has(key));
  const member = unit === undefined ? undefined : server.table.members.get(unit.key);
  if (unit === undefined || member === undefined) {
    return [];
  }
  const { value } = member;
  const seconds = value.kind === 'integer' || value.kind === 'float' ? Number(value.value) / unit.perSecond : undefined;
  return seconds !== undefined && seconds < recommendedStartupSeconds ? [finding(config, server, member, unit.perSecond, seconds)] : [];
}

function finding(config: CodexConfig, server: CodexServer, member: TomlMember, perSecond: number, seconds: number): Finding {
  const wanted = recommendedStartupSeconds * perSecond;
  const edits = setValue(config.document, member, wanted);
  return {
    code: 'startup-timeout-low',
    severity: 'warning',
    message:
      `"${shorten(server.name)}" starts a gateway and gives it ${seconds} seconds. ` +
      `Its containers may need up to ${recommendedStartupSeconds}, and Codex drops all its tools when they come too late.`,
    range: member.entry?.value.range ?? server.nameRange,
    fixes: edits === undefined ? [] : [{ title: `Set ${shorten(member.name)} to ${wanted}`, edits }],
  };
}
