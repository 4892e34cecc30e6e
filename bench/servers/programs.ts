import { join } from 'node:path';

import { serverPackage } from '../../test/support/tools.mjs';

/** Arguments for Node that run an MCP server on stdio. */
export type ServerProgram = readonly string[];

/** The smallest possible server: what is measured with it is the way to it. */
export const echoServer: ServerProgram = [join(import.meta.dirname, 'echo.mjs')];

/** A server as people run them, with the official SDK. Installs it first when it is missing. */
export async function everythingServer(): Promise<ServerProgram> {
  return [join(await serverPackage('@modelcontextprotocol/server-everything'), 'dist', 'index.js'), 'stdio'];
}
