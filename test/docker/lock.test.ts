import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import { docker, probeImage } from '../support/dockerLane.ts';
import { buildLeakyImage, sampleTags } from '../support/images.ts';
import { until } from '../support/until.ts';
import { makeHome } from '../support/wharfHome.ts';

before(async () => {
  await probeImage();
  await buildLeakyImage(docker);
});

test('another image behind the tag of a locked server is not started, until the lock accepts it', async (t) => {
  const home = await makeHome(t);
  const [repo, tag] = [`wharf-test/locked-${randomUUID().slice(0, 8)}`, '1'];
  const reference = `${repo}:${tag}`;
  t.after(() => docker.getImage(reference).remove({ force: true }));
  await docker.getImage(sampleTags.leaky).tag({ repo, tag });
  await home.addProfile('dev', `version: 1\nservers:\n  - image: ${reference}\n    name: asks\n    wharf: { network: none }\n`);
  const locked = await home.wharf(['profile', 'lock', 'dev']);
  assert.equal(locked.code, 0, locked.stderr);
  assert.match(locked.stdout, /asks: \d+ tools, wharf-test\/locked-\w+:1 as id sha256:/);
  const before = await home.session('dev');
  const tools = (await before.listTools()).map(({ name }) => name);
  assert.notEqual(tools.length, 0);

  await docker.getImage(sampleTags.probe).tag({ repo, tag });
  const refused = await until(async () => {
    const client = await home.gateway(['--profile', 'dev']);
    await client.initialize();
    const { error } = await client.request('tools/list', {});
    const call = await client.request('tools/call', { name: tools[0], arguments: {} });
    await client.close();
    return error === undefined ? undefined : { error, call };
  });
  assert.equal(refused.error.data?.code, 'WHARF_LOCK_IMAGE');
  assert.match(JSON.stringify(refused.call), /not the one of the lock/);
  const verified = await home.wharf(['profile', 'verify', 'dev']);
  assert.deepEqual([verified.code, /WHARF_LOCK_IMAGE/.test(verified.stdout)], [1, true], verified.stderr);
  assert.match((await home.wharf(['profile', 'diff', 'dev'])).stdout, /asks: another image\n {4}- .*\n {4}\+ .*/);

  assert.equal((await home.wharf(['profile', 'lock', 'dev', '--yes'])).code, 0);
  const after = await home.session('dev');
  const names = (await after.listTools()).map(({ name }) => name);
  assert.notDeepEqual(names, tools);
  assert.notEqual(names.length, 0);
  assert.equal((await home.wharf(['profile', 'verify', 'dev'])).code, 0);
});
