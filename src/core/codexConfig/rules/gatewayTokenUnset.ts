import { addressedGateway } from '../gatewayAddress.ts';
import { stringAt } from '../servers.ts';
import { shorten } from '../../toml/shorten.ts';
import type { Finding } from '../findings.ts';
import type { CodexServer } from '../servers.ts';
import type { Rule } from './rule.ts';

/** A gateway that is reached over HTTP, whose token is in a variable that the checker's own environment has not. */
export const gatewayTokenUnset: Rule = {
  code: 'gateway-token-unset',
  check: ({ servers }, { isSet }) => (isSet === undefined ? [] : servers.flatMap((server) => finding(server, isSet))),
};

function finding(server: CodexServer, isSet: (variable: string) => boolean): Finding[] {
  const variable = stringAt(server.table, 'bearer_token_env_var');
  if (variable === undefined || addressedGateway(server) === undefined || isSet(variable)) {
    return [];
  }
  return [
    {
      code: 'gateway-token-unset',
      severity: 'info',
      message:
        `The variable "${shorten(variable)}" is not set here. Codex reads the token of "${shorten(server.name)}" from it and does ` +
        'not use that gateway without it: set it where Codex starts, as "wharf client connect codex --launcher http" says.',
      range: server.table.members.get('bearer_token_env_var')?.entry?.value.range ?? server.nameRange,
      fixes: [],
    },
  ];
}
