import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { docker } from '../support/dockerLane.ts';
import { hostileImages, startAttack } from '../support/hostileLane.ts';
import { until } from '../support/until.ts';
import { containersOf } from '../support/wharfHome.ts';

before(hostileImages);

const megabyte = 1024 * 1024;
const gigabyte = 1024 * megabyte;

test('a memory bomb ends its own container alone, and the call says so', async (t) => {
  const attack = await startAttack(t, { wharf: ['memory: 128m'] });
  const { error } = await attack.client.callTool('memory_bomb');
  assert.equal(error?.data?.code, 'WHARF_SERVER_GONE');
  assert.match(error.message, /It was killed, .* more memory than it may have: "wharf\.memory" gives it more/);
  await attack.assertUnharmed();
  assert.match(await attack.client.callText('say', { text: 'again' }), /^\[Wharf\] The server "hostile" was restarted/);
});

test('a fork bomb takes no more processes than a server may have, and the next start is a clean one', async (t) => {
  const attack = await startAttack(t);
  const { pid } = await attack.home.status();
  assert.equal(await attack.client.callText('fork_bomb'), 'started');
  const ids = await containersOf(pid);
  const counts = await until(
    async () => {
      const all = await Promise.all(ids.map(async (id) => processesOf(id)));
      return Math.max(...all) >= 200 ? all : undefined;
    },
    { what: 'the bomb to fill its container', timeoutMs: 20_000 },
  );
  assert.ok(Math.max(...counts) <= 256, String(counts));
  await attack.assertUnharmed();
});

async function processesOf(id: string): Promise<number> {
  const { Processes: processes } = (await docker.getContainer(id).top()) as { Processes: readonly unknown[] };
  return processes.length;
}

test('a disk cannot be filled: what may be written is in memory and bounded, and the rest is read-only', async (t) => {
  const attack = await startAttack(t);
  for (const folder of ['/tmp', '/home/wharf', '/dev/shm']) {
    const { written, why } = (await attack.tell('fill', { folder })) as { written: number; why: string };
    assert.equal(why, 'ENOSPC', folder);
    assert.ok(written <= 256 * megabyte, `${folder}: ${written}`);
  }
  for (const folder of ['/', '/app', '/etc', '/usr/local/bin', '/dev', '/dev/mqueue']) {
    const { written } = (await attack.tell('fill', { folder })) as { written: number };
    assert.ok(written <= 64 * megabyte, `${folder}: ${written}`);
    assert.ok(folder.startsWith('/dev') || written === 0, folder);
  }
  await attack.assertUnharmed();
});

test('programs that nobody waits for are buried', async (t) => {
  const attack = await startAttack(t);
  assert.equal(await attack.client.callText('zombies', { count: 100 }), 'left');
  await until(async () => ((await attack.tell('find_word', { parts: ['nothing', 'at all'] })) as { processes: number }).processes <= 3, {
    what: 'the dead to be buried',
  });
  await attack.assertUnharmed();
});

test('an answer of 1 GB, and a line without an end, cost the server its life and nobody else anything', async (t) => {
  const attack = await startAttack(t);
  for (const [kind, bytes] of [
    ['result', gigabyte],
    ['line', gigabyte],
  ] as const) {
    const { error } = await attack.client.callTool('flood', { kind, bytes });
    assert.equal(error?.data?.code, 'WHARF_SERVER_GONE', kind);
    assert.match(error.message, /Wharf ended it: A line is longer than 67108864 bytes/);
    await attack.assertUnharmed();
  }
});

/** Floods whose calls are answered after all. */
const borne = [
  ['stderr', 128 * megabyte],
  ['stderr without a line end', 128 * megabyte],
  ['junk', 32 * megabyte],
  ['empty lines', 16 * megabyte],
  ['progress', 16 * megabyte],
  ['questions', 16 * megabyte],
  ['list changes', 16 * megabyte],
  ['batch', 60 * megabyte],
] as const;

test('one flood after the other is borne by the same daemon', async (t) => {
  const attack = await startAttack(t, { wharf: ['callTimeout: 60s'] });
  for (const [kind, bytes] of borne) {
    await t.test(`${bytes / megabyte} MB of ${kind}`, async () => {
      assert.equal((await attack.client.callTool('flood', { kind, bytes })).error, undefined);
      await attack.assertUnharmed();
    });
  }
});

/** Floods that take long, and what the call of the one who floods gets. */
const long = [
  ['logs', gigabyte, undefined],
  ['empty arrays', 30 * megabyte, /^x$/],
  ['pings', 192 * megabyte, /Wharf ended it: it asks and asks, and does not read the answers/],
] as const;

for (const [kind, bytes, expected] of long) {
  test(`a flood of ${bytes / megabyte} MB of ${kind} is borne`, async (t) => {
    const attack = await startAttack(t, { wharf: ['callTimeout: 60s'] });
    const { error } = await attack.client.callTool('flood', { kind, bytes });
    if (expected === undefined) {
      assert.equal(error, undefined);
    } else {
      assert.match(error?.message ?? '', expected);
    }
    await attack.assertUnharmed();
  });
}

test('a list without end, in pages of several megabytes, is given up and said', async (t) => {
  const attack = await startAttack(t, { mode: 'pages' });
  assert.match(attack.client.warnings.join('\n'), /"hostile" answered "tools\/list" with an error[^]*longer than 16777216 bytes/);
  assert.ok((await attack.client.toolNames()).every((name) => !name.startsWith('page_')));
  await attack.assertUnharmed();
});
