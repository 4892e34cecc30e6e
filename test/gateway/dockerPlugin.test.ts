import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { until } from '../support/until.ts';
import { demoProfile, makeHome } from '../support/wharfHome.ts';

/** What a Docker CLI keeps open for its plugin, and what it does when it is killed. */
interface DockerCli {
  readonly isWatched: () => boolean;
  die(): void;
}

async function listenAsDockerCli(t: TestContext, path: string): Promise<DockerCli> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  const die = (): void => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  };
  t.after(die);
  return { isWatched: () => sockets.size > 0, die };
}

const noDaemon = ['--no-daemon'];
const isLinux = process.platform === 'linux';

for (const [what, more, isAbstract] of [
  ['a shim', [], isLinux],
  ['a gateway in the foreground', noDaemon, false],
] as const) {
  test(`${what} ends with the Docker CLI that runs it as a plugin, though somebody holds its stdin open`, async (t) => {
    const home = await makeHome(t);
    await home.addProfile('dev', demoProfile);
    const name = `docker_cli_${randomBytes(8).toString('hex')}`;
    const address = isAbstract ? `@${name}` : join(home.home, name);
    const cli = await listenAsDockerCli(t, isAbstract ? `\0${name}` : address);
    const client = await home.gateway(['--profile', 'dev', ...more], { env: { DOCKER_CLI_PLUGIN_SOCKET: address } });
    await client.initialize();
    assert.equal(await client.callText('add', { a: 20, b: 22 }), '42');
    await until(cli.isWatched, { what: 'the gateway to watch the Docker CLI' });
    cli.die();
    assert.equal((await client.exited).code, 0);
  });
}

test('an address of a Docker CLI where nobody listens ends nothing', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev'], { env: { DOCKER_CLI_PLUGIN_SOCKET: join(home.home, 'nobody') } });
  await client.initialize();
  assert.equal(await client.callText('add', { a: 1, b: 1 }), '2');
  await client.close();
});
