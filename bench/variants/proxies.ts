import { connect } from 'node:net';
import { join } from 'node:path';

import { serverPackage } from '../../test/support/tools.mjs';
import { until } from '../../test/support/until.ts';
import { HttpClient } from '../client/httpClient.ts';
import type { Cleanup } from '../cleanup.ts';
import { Background, freePort, treeOf } from '../processes.ts';
import type { ServerProgram } from '../servers/programs.ts';
import type { Variant } from './variant.ts';

/** The version of a package of test/tools. */
export async function toolVersion(name: string): Promise<string> {
  const path = join(await serverPackage(name), 'package.json');
  const { default: manifest } = (await import(path, { with: { type: 'json' } })) as { default: { version: string } };
  return manifest.version;
}

/** mcp-proxy with Streamable HTTP and sessions, which is what it does by default, in front of the server. */
export async function startMcpProxy(cleanup: Cleanup, server: ServerProgram): Promise<Variant> {
  const program = join(await serverPackage('mcp-proxy'), 'dist', 'bin', 'mcp-proxy.mjs');
  const args = (port: number): readonly string[] => [
    program,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--server',
    'stream',
    '--',
    process.execPath,
    ...server,
  ];
  return startProxy('mcp-proxy', args, cleanup);
}

/** supergateway with Streamable HTTP and sessions, and without its line of log for each message. */
export async function startSupergateway(cleanup: Cleanup, server: ServerProgram): Promise<Variant> {
  const program = join(await serverPackage('supergateway'), 'dist', 'index.js');
  const command = [process.execPath, ...server].map((word) => `"${word}"`).join(' ');
  const args = (port: number): readonly string[] => [
    program,
    '--stdio',
    command,
    '--outputTransport',
    'streamableHttp',
    '--stateful',
    '--port',
    String(port),
    '--logLevel',
    'none',
  ];
  return startProxy('supergateway', args, cleanup);
}

async function startProxy(name: Variant['name'], args: (port: number) => readonly string[], cleanup: Cleanup): Promise<Variant> {
  const port = await freePort();
  const proxy = new Background(process.execPath, args(port), { cwd: import.meta.dirname, env: { PATH: process.env['PATH'] } });
  cleanup.add(() => proxy.stop());
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('close', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  await until(async () => proxy.output !== undefined && (await listens()), { what: `${name} to listen` });
  return {
    name,
    open: () => new HttpClient(`http://127.0.0.1:${port}/mcp`),
    sharedProcesses: () => treeOf(proxy.pid),
  };
}
