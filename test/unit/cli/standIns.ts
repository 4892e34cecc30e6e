import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Stands in for the gateway behind the bundled command line: `/health` says that it is well, and every other path tells
 * what it was started with and whether the caller has its token.
 */
export function standInGateway(dist: string): void {
  const text = `
exports.foregroundMain = (run) => new Promise((resolve) => {
  const { createServer } = require('node:http');
  createServer((request, response) => {
    if (request.url === '/health') return response.end('ok');
    const token = process.env.MCP_GATEWAY_AUTH_TOKEN ?? '';
    const authorized = token !== '' && request.headers.authorization === 'Bearer ' + token;
    response.end(JSON.stringify({ pid: process.pid, profiles: run.profiles, argv: process.argv, authorized, path: process.env.PATH, wharfHome: process.env.WHARF_HOME }));
  }).listen(run.transport.port, run.transport.host);
  process.once('SIGTERM', () => resolve(0));
});
`;
  writeFileSync(join(dist, 'gateway.cjs'), text);
}

/** A gateway that was started by the service, as the stand-in tells of itself. */
export interface ServiceSeen {
  readonly pid: number;
  readonly profiles: readonly unknown[];
  readonly argv: readonly string[];
  readonly authorized: boolean;
  readonly path: string;
  readonly wharfHome?: string;
}

export async function askStandIn(port: number, token: string): Promise<ServiceSeen> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${token}` } });
  return (await response.json()) as ServiceSeen;
}

/** A `systemctl` for units as Wharf writes them. It keeps the process id of the service and a line for each of its calls. */
export interface FakeSystemctl {
  /** In front of the PATH. */
  readonly bin: string;
  calls(): readonly string[];
  /** Ends the service, if it runs. */
  stop(): void;
}

export function fakeSystemctl(folder: string, home: string): FakeSystemctl {
  const bin = join(folder, 'bin');
  const [log, pid] = [join(folder, 'systemctl.log'), join(folder, 'service.pid')];
  mkdirSync(bin, { recursive: true });
  writeFileSync(log, '');
  const text = `#!${process.execPath}
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const [unit, log, pid] = ${JSON.stringify([join(home, '.config/systemd/user/wharf-gateway.service'), log, pid])};
const args = process.argv.slice(3);
const running = () => { try { process.kill(Number(fs.readFileSync(pid, 'utf8')), 0); return true; } catch { return false; } };
const stop = () => { if (running()) process.kill(Number(fs.readFileSync(pid, 'utf8')), 'SIGKILL'); fs.rmSync(pid, { force: true }); };
const start = () => {
  const lines = fs.readFileSync(unit, 'utf8').split('\\n').map((line) => line.split(/=(.*)/s));
  const values = (name) => lines.filter(([key]) => key === name).map(([, value]) => value.replaceAll('"', ''));
  const variables = [...values('Environment'), ...values('EnvironmentFile').flatMap((file) => fs.readFileSync(file, 'utf8').trim().split('\\n'))];
  const [program, ...rest] = values('ExecStart')[0].split(' ');
  const env = Object.fromEntries(variables.map((text) => text.split(/=(.*)/s).slice(0, 2)));
  const child = spawn(program, rest, { env: { HOME: process.env.HOME, ...env }, detached: true, stdio: 'ignore' });
  fs.writeFileSync(pid, String(child.pid));
  child.unref();
};
fs.appendFileSync(log, args.join(' ') + '\\n');
if (args[0] === 'restart') { stop(); start(); }
if (args[0] === 'enable' && args[1] === '--now' && !running()) start();
if (args[0] === 'disable') stop();
if (args[0] === 'is-active' && !running()) process.exit(3);
if (args[0] === 'show-environment' && process.env.NO_SYSTEMD) { console.error('Failed to connect to bus: No medium found'); process.exit(1); }
`;
  writeFileSync(join(bin, 'systemctl'), text);
  chmodSync(join(bin, 'systemctl'), 0o755);
  return {
    bin,
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    stop: () => {
      try {
        process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
      } catch {
        // It runs no more.
      }
    },
  };
}
