// First, because this entry installs what the protocol needs from Node.
import { createConnection } from 'vscode-languageserver/node';
import { checkCodexConfig } from '../core/codexConfig/check.ts';
import { startService } from './service.ts';

/**
 * The language server as a program. The command line says how to reach the client:
 * `--stdio`, `--node-ipc`, `--socket=PORT` or `--pipe=NAME`, and `--clientProcessId=PID` if it should end with that process.
 */
startService(createConnection(), { check: checkCodexConfig });
