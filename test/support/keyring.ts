import { spawn, type ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

import { until } from './until.ts';

const run = promisify(execFile);

type Variables = Readonly<Record<string, string>>;

/** A session bus with an unlocked GNOME keyring, both gone after the test. Gives the variables of who is logged in there. */
export async function startKeyring(t: TestContext): Promise<Variables> {
  const home = shortFolder(t);
  const started: ChildProcess[] = [];
  t.after(async () => {
    for (const child of started.reverse()) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
    }
    rmSync(home, { recursive: true, force: true });
  });
  const base = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_RUNTIME_DIR: home };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], { env: base, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(bus);
  const [address] = (await once(createInterface({ input: bus.stdout }), 'line')) as [string];
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: address };
  const keyring = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  started.push(keyring);
  // The password of a keyring that nobody used yet: an empty one.
  keyring.stdin.end('\n');
  const ask = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.NameHasOwner'];
  await until(async () => (await run('dbus-send', [...ask, 'string:org.freedesktop.secrets'], { env })).stdout.includes('true'), {
    what: 'the keyring',
    timeoutMs: 30_000,
  });
  return env;
}

/** A password store with a key of its own. Gives the variables of who uses it. */
export async function makePasswordStore(t: TestContext): Promise<Variables> {
  const folder = shortFolder(t);
  const [gnupg, store] = [join(folder, 'gpg'), join(folder, 'store')];
  mkdirSync(gnupg, { mode: 0o700 });
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, GNUPGHOME: gnupg, PASSWORD_STORE_DIR: store };
  t.after(async () => {
    // The agent of this folder.
    await run('gpgconf', ['--kill', 'gpg-agent'], { env }).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  });
  const batch = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', ''];
  await run('gpg', [...batch, '--quick-generate-key', 'wharf-test', 'default', 'default', 'never'], { env });
  await run('pass', ['init', 'wharf-test'], { env });
  return env;
}

/** Sockets of the agents lie in it. */
function shortFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wk-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
