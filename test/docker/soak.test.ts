import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSoak } from '../support/soak.ts';
import { soakLines } from '../support/soakReport.ts';

const onLinux = process.platform === 'linux' ? {} : { skip: 'looks for what is left in /proc' };

test('50 cycles of clients, daemons, Codex and an engine that end in every way leave nothing behind', onLinux, async (t) => {
  const report = await runSoak(t, { cycles: 50, say: () => undefined });
  soakLines(report).forEach((line) => t.diagnostic(line));
  assert.deepEqual(report.complaints, []);
  assert.equal(report.containers.left, 0);
});
