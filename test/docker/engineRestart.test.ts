import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type Docker from 'dockerode';
import { DockerEngine } from '../../src/docker/engine.ts';
import { callLine, probeSpec, testOwner } from '../support/dockerEngine.ts';
import { probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { startDockerd } from '../support/privateDockerd.ts';
import { until } from '../support/until.ts';

before(probeImage);

suite('an engine that ends', { concurrency: true }, () => {
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`an engine that gets ${signal} while servers start, work and are frozen leaves nothing that hangs and no container`, async (t) => {
      const dockerd = await startDockerd(t, sampleTags.probe);
      if (dockerd === undefined) {
        return;
      }
      const owner = testOwner();
      const engine = new DockerEngine(dockerd.endpoint, owner.machine, () => true);
      const lines: string[] = [];
      let changes = 0;
      t.after(engine.watch(owner, { isKnown: () => false, imagesChanged: () => changes++, log: (line) => lines.push(line) }));
      await until(() => changes > 0);
      const spec = probeSpec(owner, ['--misbehave=ignore-eof']);
      const started = await Promise.all([engine.start(spec), engine.start(spec), engine.start(spec)]);
      const servers = started.map((one) => {
        assert.ok(one.ok, one.ok ? '' : one.problem.detail);
        return one.value;
      });
      const [working, frozen, paused] = servers;
      assert.ok(working && frozen && paused);
      working.onStdout(() => undefined);
      await working.write(callLine(1, 'slow', { ms: 600_000 }));
      await frozen.freeze?.();
      paused.onStdout(() => undefined);
      paused.pauseOutput();
      await paused.write(callLine(1, 'big', { bytes: 4 * 1024 * 1024 }));
      const starting = Promise.all(Array.from({ length: 4 }, () => engine.start(spec)));
      await until(async () => (await dockerd.docker.listContainers({ all: true })).length > 4, { what: 'more containers to be made' });

      const before = performance.now();
      await dockerd.kill(signal);
      await working.exited;
      t.diagnostic(`the end of a working server was told after ${Math.round(performance.now() - before)} ms`);
      const late = await starting;
      const stopped = Promise.all([...servers, ...late.flatMap((one) => (one.ok ? [one.value] : []))].map((server) => server.stop()));
      await stopped;
      const asked = changes;
      await dockerd.start();
      await until(() => changes > asked, { timeoutMs: 20_000, what: 'the watch to be back' });
      const left = (): Promise<readonly Docker.ContainerInfo[]> => dockerd.docker.listContainers({ all: true });
      // An engine that was killed may need long for containers that lived on without it.
      await until(async () => (await left()).length === 0, { timeoutMs: 60_000, what: 'no container to be left' }).catch(
        async (error: unknown) => {
          const states = (await left()).map(({ Names: names, State: state, Status: status }) => `${names.join()} ${state} ${status}`);
          throw new Error([...states, ...lines].join('\n'), { cause: error });
        },
      );
      const again = await engine.start(spec);
      assert.ok(again.ok, again.ok ? '' : again.problem.detail);
      await again.value.stop();
      assert.deepEqual(await dockerd.docker.listContainers({ all: true }), []);
      t.diagnostic(lines.join(' '));
    });
  }
});
