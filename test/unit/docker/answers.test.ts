import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { ask } from '../../../src/docker/answers.ts';
import { containerName } from '../../../src/docker/containerName.ts';
import { jsonLines } from '../../../src/docker/jsonLines.ts';

test('a call that is never answered is given up, and its connection is told so', async (t) => {
  const alive = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(alive));
  let signal: AbortSignal | undefined;
  const hanging = ask(20, (abortSignal) => {
    signal = abortSignal;
    return new Promise<never>(() => undefined);
  });
  await assert.rejects(hanging, /no answer within 0.02 s/);
  assert.equal(signal?.aborted, true);
});

test('a call that is answered is not cut afterwards', async () => {
  let signal: AbortSignal | undefined;
  assert.equal(
    await ask(10_000, (abortSignal) => {
      signal = abortSignal;
      return Promise.resolve(7);
    }),
    7,
  );
  assert.equal(signal?.aborted, false);
});

test('JSON lines are read however they are split, also across a character', async () => {
  const bytes = Buffer.from('{"a":"ä"}\r\n\n{"b":2}\n{"c":3}');
  for (let at = 0; at <= bytes.length; at++) {
    const stream = new PassThrough();
    stream.write(bytes.subarray(0, at));
    setImmediate(() => stream.end(bytes.subarray(at)));
    const values: unknown[] = [];
    for await (const value of jsonLines(stream)) {
      values.push(value);
    }
    assert.deepEqual(values, [{ a: 'ä' }, { b: 2 }, { c: 3 }]);
  }
});

for (const [profile, server, name] of [
  ['dev', 'github', /^wharf-dev-github-[0-9a-f]{6}$/],
  ['my team/profile', 'Ünïcode 🚀', /^wharf-my-team-profile-n-code-[0-9a-f]{6}$/],
  ['🚀', '***', /^wharf-[0-9a-f]{6}$/],
  ['a'.repeat(300), 'b.c_d', /^wharf-a{40}-b\.c_d-[0-9a-f]{6}$/],
] as const) {
  test(`the container of "${server}" in "${profile.slice(0, 20)}" gets a name that Docker takes`, () => {
    const given = containerName({ server, labels: { 'wharf.profile': profile, 'wharf.server': server } });
    assert.match(given, name);
    assert.match(given, /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
  });
}
