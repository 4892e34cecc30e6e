import { DockerEngine } from '../../src/docker/engine.ts';
import { endpoint, probeSpec } from './dockerEngine.ts';

/**
 * A small gateway: `node containerOwner.ts MACHINE [--watch]` starts one server that ignores the end of its input, writes the id of
 * its container, and stays. With `--watch` it starts none, follows the engine, writes "watching" when it does, and from then on nothing else keeps it alive.
 */
const [machine = '', mode] = process.argv.slice(2);
const owner = { machine, boot: 'boot', pid: process.pid, startedAt: '1' };
const engine = new DockerEngine(endpoint, machine, () => true);
if (mode === '--watch') {
  const alive = setInterval(() => undefined, 1_000);
  const imagesChanged = (): void => {
    console.log('watching');
    clearInterval(alive);
  };
  engine.watch(owner, { isKnown: () => true, imagesChanged, log: (line) => console.log(line) });
} else {
  const started = await engine.start(probeSpec(owner, ['--misbehave=ignore-eof']));
  console.log(started.ok ? started.value.id : started.problem.message);
}
