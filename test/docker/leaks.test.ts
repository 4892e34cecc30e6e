import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import { probeImage, removeContainersOf, untilNoneLeft } from '../support/dockerLane.ts';
import { mostMoreFiles } from '../support/soak.ts';
import { codexKilled } from '../support/soakCodex.ts';
import { beginSlow, echo, ownGatewayKilled } from '../support/soakClients.ts';
import { makeSoakHome, type SoakHome } from '../support/soakHome.ts';
import { containersOf } from '../support/wharfHome.ts';

/** DESIGN §2.4: where any Wharf process survives. */
const promisedMs = 10_000;
const onLinux = process.platform === 'linux' ? {} : { skip: 'looks for what is left in /proc' };

before(probeImage);

/** Proves that nothing is left beside one idle daemon, and nothing at all without it. */
async function proveClean(home: SoakHome): Promise<void> {
  assert.deepEqual(await home.leftovers(), []);
  assert.deepEqual(await home.stop(), []);
}

test('a gateway without a daemon that is killed leaves no container ten seconds later where a daemon lives', onLinux, async (t) => {
  const home = await makeSoakHome(t);
  // The last one is killed while its container starts.
  for (const turn of [0, 2]) {
    await ownGatewayKilled(home, turn);
    const took = await home.untilNoContainer();
    t.diagnostic(`no container of a server that ignores the end of its input after ${Math.round(took)} ms`);
    assert.ok(took < promisedMs, `${took} ms`);
  }
  await proveClean(home);
});

test('a Codex that is killed in the middle of a call leaves no container and no process', onLinux, async (t) => {
  const home = await makeSoakHome(t);
  await codexKilled(t)(home, 0);
  const took = await home.untilNoContainer();
  t.diagnostic(`no container after ${Math.round(took)} ms`);
  await proveClean(home);
});

test('what a killed daemon leaves is gone ten seconds later where an idle client lives, which asks for nothing', onLinux, async (t) => {
  const home = await makeSoakHome(t);
  const pid = await home.daemonPid();
  t.after(() => removeContainersOf(pid));
  const client = await home.session();
  await echo(client, 'stubborn');
  await echo(client, 'stubbornShared');
  assert.ok((await containersOf(pid)).length > 0);
  process.kill(pid, 'SIGKILL');
  const took = await untilNoneLeft(pid);
  t.diagnostic(`no container of the killed daemon after ${Math.round(took)} ms`);
  assert.ok(took < promisedMs, `${took} ms`);
  await echo(client, 'stubborn');
  await client.close();
  await proveClean(home);
});

test('a daemon that served twice as many clients has no more files open', onLinux, async (t) => {
  const home = await makeSoakHome(t);
  const start = await home.figures();
  await clients(t, home, 20);
  const first = await home.figures(start);
  await clients(t, home, 40);
  const second = await home.figures(start);
  t.diagnostic(`open files at the start, after 20 and after 60 clients: ${[start, first, second].map((one) => one.openFiles).join(', ')}`);
  assert.ok(first.openFiles <= start.openFiles + mostMoreFiles);
  assert.ok(second.openFiles <= start.openFiles + mostMoreFiles);
  await proveClean(home);
});

/** Clients of a server without a container, which are ended in the middle of a call. */
async function clients(t: TestContext, home: SoakHome, count: number): Promise<void> {
  const rest = Array.from({ length: count }, (_, index) => index);
  const from = performance.now();
  const worker = async (): Promise<void> => {
    for (let turn = rest.pop(); turn !== undefined; turn = rest.pop()) {
      const client = await home.session();
      void beginSlow(client, 'native');
      await echo(client, 'native');
      client.kill(turn % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      await client.exited;
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  t.diagnostic(`${count} clients in ${Math.round(performance.now() - from)} ms`);
}
