// `npm run bench`. Runs on Node 20 with nothing installed, and goes on under the Node of the devDependency.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { ensureInstalled } from './install.mjs';

try {
  const node = await ensureInstalled();
  const root = join(import.meta.dirname, '..');
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}` };
  const bench = spawn(node, [join(root, 'bench', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => bench.kill(signal));
  }
  bench.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
