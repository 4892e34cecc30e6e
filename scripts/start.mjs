// `npm start`. Runs on Node 20 with nothing installed, and goes on under the Node of the devDependency.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ensureInstalled } from './install.mjs';

try {
  const node = await ensureInstalled();
  const bin = join(import.meta.dirname, '..', 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const job = spawn(node, [join(import.meta.dirname, 'mainJob.ts'), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => job.kill(signal));
  }
  job.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
