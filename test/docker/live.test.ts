import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';

import { probeImage, probeProfile, untilNoneLeft } from '../support/dockerLane.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(probeImage);

test('a saved profile leaves the container of a server that did not change, and gives a new one to one that did', async (t) => {
  const home = await makeHome(t);
  const shared = ['network: none', 'share: user'];
  const profile = (memory: string, third: boolean): string =>
    probeProfile(
      { name: 'stays', wharf: shared },
      { name: 'changes', wharf: [...shared, `memory: ${memory}`] },
      ...(third ? [{ name: 'comes', wharf: shared }] : []),
    );
  const path = await home.writeProfile('dev', profile('256m', false), 'user');
  const client = await home.session('dev');
  const containers = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      (await home.status()).instances.flatMap(({ server, state }) => (state.kind === 'ready' ? [[server, state.processId]] : [])),
    );
  await client.callText('echo', { text: 'a' });
  await client.callText('changes__echo', { text: 'a' });
  const first = await until(async () => {
    const all = await containers();
    return Object.keys(all).length === 2 ? all : undefined;
  });

  // As vim saves.
  await rename(path, `${path}~`);
  await writeFile(path, profile('512m', true));
  await rm(`${path}~`);
  const second = await until(
    async () => {
      const all = await containers();
      return Object.keys(all).length === 3 && all['changes'] !== first['changes'] ? all : undefined;
    },
    { what: 'the new container of the server that changed' },
  );
  assert.equal(second['stays'], first['stays']);
  assert.equal(await client.callText('echo', { text: 'b' }), 'echo: b');
  assert.equal(await client.callText('comes__echo', { text: 'c' }), 'echo: c');
  const { pid } = await home.status();
  await until(async () => !(await containersOf(pid)).includes(first['changes'] ?? ''), { what: 'the old container to be gone' });
  assert.deepEqual(await containers(), second);
  await rm(path);
  await untilNoneLeft(pid);
});
