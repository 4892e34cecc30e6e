import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { gatewayAddress, type GatewayState } from '../../../src/core/codexConfig/gatewayAddress.ts';
import { HttpService } from '../../../src/node/httpService.ts';
import { stateFile, tokenFile } from '../../../src/node/httpServiceFiles.ts';
import { serviceManager, type ServiceManager } from '../../../src/node/httpServiceManager.ts';
import { probeHttpService } from '../../../src/node/httpServiceProbe.ts';
import type { ToolOutcome } from '../../../src/node/httpServiceTool.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { temporaryFolder } from './folders.ts';

const well: ToolOutcome = { code: 0, stdout: '', stderr: '' };
const ill = (stderr: string): ToolOutcome => ({ code: 1, stdout: '', stderr });

interface Setting {
  readonly folder: string;
  readonly locations: Locations;
  readonly calls: string[];
  /** What the next tools answer, by the beginning of their call. */
  readonly answers: Map<string, ToolOutcome>;
  /** What the gateway says of itself. */
  health: GatewayState;
  readonly service: HttpService;
  readonly manager: ServiceManager;
  /** A configuration that is there. */
  readonly config: (name: string) => string;
}

/** A service whose tools and whose gateway are scripted. */
function setting(t: TestContext, platform: NodeJS.Platform = 'linux', env: Readonly<Record<string, string>> = {}): Setting {
  const folder = temporaryFolder(t);
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder);
  const calls: string[] = [];
  const answers = new Map<string, ToolOutcome>([['systemctl --user is-active', ill('')]]);
  const locations: Locations = { configFolder: join(folder, 'config'), dataFolder, runtimeFolder: join(folder, 'run'), environment: {} };
  const made = serviceManager({
    platform,
    env,
    home: folder,
    uid: 501,
    logFile: join(dataFolder, 'http-service.log'),
    run: (file, args) => {
      const call = [file, ...args].join(' ');
      calls.push(call);
      return Promise.resolve([...answers].find(([start]) => call.startsWith(start))?.[1] ?? well);
    },
  });
  assert.ok(made.ok);
  const result: Setting = {
    folder,
    locations,
    calls,
    answers,
    health: 'healthy',
    manager: made.value,
    service: new HttpService({
      locations,
      manager: made.value,
      probe: () => Promise.resolve(result.health),
      variables: { PATH: '/bin' },
      patienceMs: 50,
    }),
    config: (name) => {
      const path = join(folder, `${name}.toml`);
      writeFileSync(path, '');
      return path;
    },
  };
  return result;
}

async function freePort(): Promise<number> {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('the unit lies where systemd and launchd look, and other systems are refused with the way out', (t) => {
  const { folder, manager } = setting(t);
  assert.equal(manager.unitFile, join(folder, '.config', 'systemd', 'user', 'wharf-gateway.service'));
  assert.equal(setting(t, 'linux', { XDG_CONFIG_HOME: '/srv/c' }).manager.unitFile, '/srv/c/systemd/user/wharf-gateway.service');
  const relative = setting(t, 'linux', { XDG_CONFIG_HOME: 'c' });
  assert.equal(relative.manager.unitFile, join(relative.folder, '.config', 'systemd', 'user', 'wharf-gateway.service'));
  const agent = setting(t, 'darwin');
  assert.equal(agent.manager.unitFile, join(agent.folder, 'Library', 'LaunchAgents', 'dev.wharf.gateway.plist'));
  const none = serviceManager({ platform: 'win32', env: {}, home: 'h', uid: 0, logFile: 'l', run: () => Promise.resolve(well) });
  assert.ok(!none.ok && none.problem.code === 'WHARF_SERVICE_UNAVAILABLE' && none.problem.next.includes('--launcher wharf'));
});

test('a service that does not come up is taken back: the first leaves nothing, a later one what was there', async (t) => {
  const { locations, service, manager, config, calls, answers } = setting(t);
  const port = await freePort();
  answers.set('systemctl --user restart', ill('Job failed.'));
  const first = await service.join({ config: config('a'), profile: { by: 'id', id: 'a' } }, port);
  assert.ok(!first.ok && first.problem.code === 'WHARF_SERVICE_FAILED' && first.problem.detail === 'Job failed.');
  for (const path of [tokenFile(locations), stateFile(locations), manager.unitFile]) {
    assert.ok(!existsSync(path), path);
  }
  answers.delete('systemctl --user restart');
  assert.ok((await service.join({ config: config('a'), profile: { by: 'id', id: 'a' } }, port)).ok);
  const [unit, state] = [readFileSync(manager.unitFile, 'utf8'), readFileSync(stateFile(locations), 'utf8')];
  answers.set('systemctl --user restart', ill('Job failed.'));
  assert.ok(!(await service.join({ config: config('b'), profile: { by: 'id', id: 'b' } }, undefined)).ok);
  assert.equal(readFileSync(manager.unitFile, 'utf8'), unit);
  assert.equal(readFileSync(stateFile(locations), 'utf8'), state);
  assert.ok(calls.every((call) => call.includes('--user')));
});

test('a gateway that starts but is not well is told with its last words', async (t) => {
  const made = setting(t);
  made.health = 'unwell';
  made.answers.set('journalctl', { code: 0, stdout: 'the port is taken\n', stderr: '' });
  const joined = await made.service.join({ config: made.config('a'), profile: { by: 'id', id: 'a' } }, await freePort());
  assert.ok(!joined.ok && joined.problem.code === 'WHARF_SERVICE_FAILED');
  assert.equal(joined.problem.detail, 'the port is taken');
  assert.match(joined.problem.next, /systemctl --user status wharf-gateway/);
  assert.ok(!existsSync(tokenFile(made.locations)));
});

test('the token is for this user alone, stays while the service does, and is made anew when it is no token', async (t) => {
  const { locations, service, config } = setting(t);
  const path = tokenFile(locations);
  const connection = { config: config('a'), profile: { by: 'id', id: 'a' } } as const;
  const port = await freePort();
  assert.ok((await service.join(connection, port)).ok);
  const first = readFileSync(path, 'utf8');
  chmodSync(path, 0o644);
  assert.ok((await service.join(connection, port)).ok);
  assert.equal(readFileSync(path, 'utf8'), first);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'MCP_GATEWAY_AUTH_TOKEN=short\n');
  assert.ok((await service.join(connection, port)).ok);
  assert.match(readFileSync(path, 'utf8'), /^MCP_GATEWAY_AUTH_TOKEN=[\w-]{43}\n$/);
  assert.notEqual(readFileSync(path, 'utf8'), first);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('two profiles that share a configuration file count once, and a profile that two files reach stays for the other', async (t) => {
  const { locations, service, manager, config } = setting(t);
  const [one, two] = [config('one'), config('two')];
  const port = await freePort();
  for (const connection of [
    { config: one, profile: { by: 'id', id: 'old' } },
    { config: one, profile: { by: 'id', id: 'dev' } },
    { config: two, profile: { by: 'id', id: 'dev' } },
  ] as const) {
    assert.ok((await service.join(connection, port)).ok);
  }
  assert.match(readFileSync(manager.unitFile, 'utf8'), /--port \d+ --profile dev\n/);
  const left = await service.leave(one);
  assert.deepEqual(left.ok && left.value.state?.connections, [{ config: two, profile: { by: 'id', id: 'dev' } }]);
  assert.ok((await service.leave(two)).ok);
  assert.ok(!existsSync(manager.unitFile) && !existsSync(stateFile(locations)));
});

test('a service whose manager answers no more is removed all the same, and one that cannot be stopped is not', async (t) => {
  const { locations, service, manager, config, answers } = setting(t);
  const path = config('a');
  assert.ok((await service.join({ config: path, profile: { by: 'id', id: 'a' } }, await freePort())).ok);
  answers.set('systemctl --user disable', ill('Access denied'));
  answers.set('systemctl --user is-active', well);
  const refused = await service.leave(path);
  assert.ok(!refused.ok && refused.problem.detail === 'Access denied');
  assert.ok(existsSync(manager.unitFile) && existsSync(tokenFile(locations)));
  answers.set('systemctl --user show-environment', ill('No medium found'));
  assert.ok((await service.leave(path)).ok);
  assert.ok(!existsSync(manager.unitFile) && !existsSync(tokenFile(locations)) && !existsSync(stateFile(locations)));
});

test('a state that Wharf did not write is not overwritten', async (t) => {
  const { locations, service, config } = setting(t);
  writeFileSync(stateFile(locations), '{"version":1,"port":8811,"connections":[{}]}');
  const joined = await service.join({ config: config('a'), profile: { by: 'id', id: 'a' } }, await freePort());
  assert.ok(!joined.ok && joined.problem.code === 'WHARF_FILE_UNREADABLE');
});

test('launchd is told to take the agent anew, and to let it go', async (t) => {
  const { service, config, calls, answers } = setting(t, 'darwin');
  const path = config('a');
  answers.set('launchctl print gui/501/dev.wharf.gateway', ill('Could not find service'));
  assert.ok((await service.join({ config: path, profile: { by: 'id', id: 'a' } }, await freePort())).ok);
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('launchctl print')).map((call) => call.replace(/ \/.*/, ' PLIST')),
    ['launchctl enable gui/501/dev.wharf.gateway', 'launchctl bootstrap gui/501 PLIST'],
  );
  answers.delete('launchctl print gui/501/dev.wharf.gateway');
  assert.ok((await service.leave(path)).ok);
  assert.equal(calls.at(-1), 'launchctl bootout gui/501/dev.wharf.gateway');
});

async function listening(t: TestContext, answer: (server: Server) => Server): Promise<string> {
  const server = answer(createServer());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/p/dev/mcp`;
}

async function probed(url: string): Promise<GatewayState> {
  const address = gatewayAddress(url);
  assert.ok(address !== undefined, url);
  return await probeHttpService(address);
}

test('a probe tells a gateway that is well from one that is not, from another program, and from nobody', async (t) => {
  const paths: (string | undefined)[] = [];
  const status = (code: number, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
    listening(t, (server) =>
      server.on('request', (request, response) => {
        paths.push(request.url);
        response.writeHead(code, headers).end('x'.repeat(100_000));
      }),
    );
  const url = await status(200);
  assert.equal(await probed(url), 'healthy');
  assert.equal(await probed(url.replace('127.0.0.1', 'localhost')), 'healthy');
  assert.equal(await probed(await status(503)), 'unwell');
  assert.equal(await probed(await status(404)), 'unwell');
  assert.equal(await probed(await status(302, { location: 'https://example.com/health' })), 'unwell');
  assert.ok(paths.every((path) => path === '/health'));
  assert.equal(await probed(`http://127.0.0.1:${await freePort()}/mcp`), 'silent');
  assert.equal(await probed(await listening(t, (server) => server.on('request', () => undefined))), 'silent');
  assert.equal(await probed(await listening(t, (server) => server.on('connection', (socket) => socket.end('SSH-2.0\r\n')))), 'silent');
});
