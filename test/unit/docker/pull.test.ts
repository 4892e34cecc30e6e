import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LayerProgress, type PullLine } from '../../../src/docker/layerProgress.ts';

function loading(id: string, current: number, total: number): PullLine {
  return { id, status: 'Downloading', progressDetail: { current, total } };
}

test('progress is summed over the layers, and only changes are told', () => {
  const progress = new LayerProgress();
  assert.equal(progress.take({ status: 'Pulling from library/x', id: 'latest' }), undefined);
  assert.equal(progress.take({ status: 'Pulling fs layer', id: 'a' }), undefined);
  assert.deepEqual(progress.take(loading('a', 10, 100)), { doneBytes: 10, totalBytes: 100 });
  assert.equal(progress.take(loading('a', 10, 100)), undefined);
  assert.deepEqual(progress.take(loading('b', 5, 50)), { doneBytes: 15, totalBytes: 150 });
  assert.deepEqual(progress.take({ id: 'a', status: 'Download complete' }), { doneBytes: 105, totalBytes: 150 });
  assert.equal(progress.take({ id: 'a', status: 'Extracting', progressDetail: { current: 1, total: 300 } }), undefined);
  assert.equal(progress.take({ status: 'Status: Downloaded newer image' }), undefined);
});

test('whatever an engine tells, neither figure falls and no more is done than there is', () => {
  const bytes = fc.option(fc.integer({ min: -1, max: 1000 }), { nil: undefined });
  const line = fc.record(
    {
      id: fc.constantFrom('a', 'b', 'c'),
      status: fc.constantFrom('Downloading', 'Download complete', 'Retrying in 1 second', 'Extracting', 'Pull complete', 'Already exists'),
      progressDetail: fc.record({ current: bytes, total: bytes }, { requiredKeys: [] }),
    },
    { requiredKeys: ['status'] },
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const progress = new LayerProgress();
      let last = { doneBytes: 0, totalBytes: 0 };
      for (const one of lines) {
        const now = progress.take(one as PullLine) ?? last;
        assert.ok(now.doneBytes >= last.doneBytes && now.totalBytes >= last.totalBytes && now.doneBytes <= now.totalBytes);
        last = now;
      }
    }),
  );
});
