import { addressedGateway, type GatewayState } from '../gatewayAddress.ts';
import { shorten } from '../../toml/shorten.ts';
import type { Finding } from '../findings.ts';
import type { CodexServer } from '../servers.ts';
import type { Rule } from './rule.ts';

const words: Readonly<Record<Exclude<GatewayState, 'healthy'>, string>> = {
  silent: 'Nothing answers at',
  unwell: 'No gateway that is well answers at',
};

/** A gateway that is reached over HTTP on this computer, and is not there. Silent where nobody asked. */
export const gatewayEndpointDown: Rule = {
  code: 'gateway-endpoint-down',
  check: ({ servers }, { gateways }) => servers.flatMap((server) => finding(server, gateways?.get(addressedGateway(server)?.origin ?? ''))),
};

function finding(server: CodexServer, state: GatewayState | undefined): Finding[] {
  const origin = addressedGateway(server)?.origin;
  if (origin === undefined || state === undefined || state === 'healthy') {
    return [];
  }
  return [
    {
      code: 'gateway-endpoint-down',
      severity: 'warning',
      message:
        `${words[state]} ${origin}, where "${shorten(server.name)}" expects the gateway, so Codex gets none of its tools. ` +
        'Look at "systemctl --user status wharf-gateway" (macOS: "launchctl list dev.wharf.gateway"), ' +
        'or run "wharf client connect codex" with --launcher wharf, and Codex starts it by itself.',
      range: server.table.members.get('url')?.entry?.value.range ?? server.nameRange,
      fixes: [],
    },
  ];
}
