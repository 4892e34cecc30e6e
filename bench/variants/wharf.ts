import { randomUUID } from 'node:crypto';

import { until } from '../../test/support/until.ts';
import type { Cleanup } from '../cleanup.ts';
import { HttpClient } from '../client/httpClient.ts';
import { listTools } from '../client/messages.ts';
import { Background, treeOf } from '../processes.ts';
import type { ServerProgram } from '../servers/programs.ts';
import type { Variant } from './variant.ts';
import { makeBenchHome, type BenchHome } from './wharfHome.ts';

/** One server under these names as native servers of a profile, which all threads of the user share. */
export function nativeProfile(server: ServerProgram, names: readonly string[]): string {
  const native = JSON.stringify({ command: process.execPath, args: server });
  const servers = names.map((name) => `  - name: ${name}\n    wharf: { share: user, native: ${native} }\n`);
  return `version: 1\n${names.length > 1 ? 'wharf: { toolNames: prefix }\n' : ''}servers:\n${servers.join('')}`;
}

/** Shims in front of one daemon, which runs and knows the tools. */
export async function startWharf(cleanup: Cleanup, server: ServerProgram): Promise<Variant> {
  const home = await makeBenchHome(cleanup);
  await home.writeProfile('bench', nativeProfile(server, ['bench']));
  const warm = home.shim('bench');
  cleanup.add(() => warm.close());
  await listTools(warm);
  const daemon = await daemonOf(home);
  return { name: 'wharf', open: () => home.shim('bench'), sharedProcesses: () => treeOf(daemon) };
}

/** The daemon of a home in which a shim has listed its tools. Throws when there is none. */
export async function daemonOf(home: BenchHome): Promise<number> {
  const pid = await home.daemonPid();
  if (pid === undefined) {
    throw new Error('The gateway served without a daemon.');
  }
  return pid;
}

/** The same profile over Streamable HTTP, from one process. */
export async function startWharfHttp(cleanup: Cleanup, server: ServerProgram): Promise<Variant> {
  const home = await makeBenchHome(cleanup);
  await home.writeProfile('bench', nativeProfile(server, ['bench']));
  const token = randomUUID();
  const args = home.command('gateway', 'run', '--transport', 'streaming', '--port', '0', '--profile', 'bench');
  const gateway = new Background(process.execPath, args, { cwd: home.folder, env: { ...home.env, MCP_GATEWAY_AUTH_TOKEN: token } });
  cleanup.add(() => gateway.stop());
  const url = await until(() => / at (http:\/\/\S+)/.exec(gateway.output)?.[1], { what: 'the gateway to say where it serves' });
  return {
    name: 'wharf-http',
    open: () => new HttpClient(url, { authorization: `Bearer ${token}` }),
    sharedProcesses: () => treeOf(gateway.pid),
  };
}
