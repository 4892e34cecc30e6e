import { StdioClient } from '../client/stdioClient.ts';
import type { ServerProgram } from '../servers/programs.ts';
import type { Variant } from './variant.ts';

/** The server itself, started for each client. */
export function bareServer(server: ServerProgram): Variant {
  const options = { cwd: import.meta.dirname, env: { PATH: process.env['PATH'] } };
  return { name: 'bare', open: () => new StdioClient(process.execPath, server, options), sharedProcesses: () => [] };
}
