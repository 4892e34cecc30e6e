// `node scripts/completeLock.mjs`, after each change of the lock file on a machine whose registry does not serve every
// platform's binaries: npm then leaves the others out, and `npm ci` refuses the file on every platform. Adds them as the
// optional packages that they are.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '..', 'package-lock.json');
const platforms = /^(android|darwin|freebsd|linux|openharmony|win32|wasm32)$/;
const lock = JSON.parse(readFileSync(file, 'utf8'));

for (const [path, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    const [os, cpu, abi] = (name.split('/')[1] ?? '').replace(/^binding-/, '').split('-');
    if (lock.packages[place] === undefined && lock.packages[`${path}/${place}`] === undefined && platforms.test(os ?? '')) {
      lock.packages[place] = {
        version: range.replace(/^[\^~]/, ''),
        cpu: [os === 'wasm32' ? 'wasm32' : cpu],
        dev: true,
        optional: true,
        ...(os === 'wasm32' ? {} : { os: [os] }),
        ...(os === 'linux' && abi !== undefined ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {}),
      };
      console.log(`Added ${name}.`);
    }
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
