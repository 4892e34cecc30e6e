// First, because this entry installs what the protocol needs from Node.
import { createConnection } from 'vscode-languageserver/node';
import { checkCodexConfig } from '../core/codexConfig/check.ts';
import { gatewayProbe } from '../core/codexConfig/gatewayAddress.ts';
import { startService } from './service.ts';
import { statusOf } from './statusOf.ts';

/**
 * The language server as a program. The command line says how to reach the client:
 * `--stdio`, `--node-ipc`, `--socket=PORT` or `--pipe=NAME`, and `--clientProcessId=PID` if it should end with that process.
 */
startService(createConnection(), {
  check: checkCodexConfig,
  probe: gatewayProbe(statusOf),
  isSet: (variable) => (process.env[variable] ?? '') !== '',
});
