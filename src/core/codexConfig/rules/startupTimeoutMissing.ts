import { insertKeys } from '../edit.ts';
import { recommendedStartupSeconds, startsGateway } from '../gatewayServer.ts';
import { writeNumber } from '../newText.ts';
import { shorten } from '../../toml/shorten.ts';
import type { Finding } from '../findings.ts';
import type { CodexConfig, CodexServer } from '../servers.ts';
import type { Rule } from './rule.ts';

/** A gateway without a startup timeout gets the default of Codex, which is too short for starting containers. */
export const startupTimeoutMissing: Rule = {
  code: 'startup-timeout-missing',
  check: (config) =>
    config.servers.filter((server) => startsGateway(server) && !hasTimeout(server)).map((server) => finding(config, server)),
};

function hasTimeout(server: CodexServer): boolean {
  return server.table.members.has('startup_timeout_sec') || server.table.members.has('startup_timeout_ms');
}

function finding(config: CodexConfig, server: CodexServer): Finding {
  const text = writeNumber(recommendedStartupSeconds);
  const edits = insertKeys(config.document, server.member, [{ name: 'startup_timeout_sec', text }]);
  return {
    code: 'startup-timeout-missing',
    severity: 'warning',
    message:
      `"${shorten(server.name)}" starts a gateway and has no startup_timeout_sec. ` +
      'Codex gives it 30 seconds (older versions 10) and drops all its tools when its containers need longer.',
    range: server.nameRange,
    fixes: edits === undefined ? [] : [{ title: `Add startup_timeout_sec = ${text}`, edits }],
  };
}
