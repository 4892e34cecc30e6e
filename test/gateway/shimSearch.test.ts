import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as problems from '../../src/core/problems.ts';
import { DaemonSearch } from '../../src/gateway/shimSearch.ts';
import { fail } from '../../src/shared/result.ts';

test('a daemon is looked for 5 times with growing pauses, within 30 seconds, and then not any more', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const began = Date.now();
  const attempts: number[] = [];
  const search = new DaemonSearch({
    connect: () => {
      attempts.push(Date.now() - began);
      return Promise.resolve(fail(problems.daemonUnreachable('/here', `attempt ${attempts.length}`)));
    },
    wasStopped: () => false,
    unreachable: (detail) => problems.daemonUnreachable('/here', detail),
  });
  const found = search.find();
  for (let sinceMs = 0; sinceMs < 60_000; sinceMs += 50) {
    for (let turn = 0; turn < 5; turn++) {
      await Promise.resolve();
    }
    t.mock.timers.tick(50);
  }
  const result = await found;
  assert.ok(!result.ok);
  assert.equal(result.problem.detail, 'attempt 5');
  assert.equal(attempts.length, 5);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  assert.deepEqual(
    pauses,
    pauses.toSorted((a, b) => a - b),
  );
  assert.ok((attempts.at(-1) ?? 0) < 30_000);
  assert.equal((await search.find()).ok, false);
  assert.equal(attempts.length, 5, 'nothing proved that there is a daemon');
  search.proven();
  search.end();
  assert.equal((await search.find()).ok, false);
  assert.equal(attempts.length, 5, 'nobody wants one any more');
});
