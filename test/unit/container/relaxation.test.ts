import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSandboxRefusal, proposeRelaxation, relaxedValue } from '../../../src/core/container/relaxation.ts';
import { strictIsolation, type Isolation } from '../../../src/core/profile/profile.ts';

function proposed(output: string, has: Partial<Isolation> = {}): string {
  const relaxation = proposeRelaxation({ output, isolation: { ...strictIsolation, ...has } });
  return relaxation === null ? 'nothing' : `${relaxation.setting}: ${relaxation.value}`;
}

const root = { user: 'root' };

test('the least relaxation is named for what programs say', () => {
  for (const [output, expected, has] of [
    ["Error: EROFS: read-only file system, mkdir '/data'", 'tmpfs: /data'],
    [
      "Error: ENOENT: no such file or directory, mkdir '/data/out'\n    at mkdirSync (node:fs:1)\n    at x (/app/cli.js:3)\n\nNode.js v24.1.0",
      'tmpfs: /data/out',
    ],
    ["Error: EROFS: read-only file system, open '/srv/cache/x.json'", 'tmpfs: /srv/cache'],
    ["Error: EROFS: read-only file system, open '/app/dist/memory.jsonl'", 'writable: true'],
    ["Error: EROFS: read-only file system, open '/app/dist/memory.jsonl'", 'nothing', { writable: true }],
    ["mkdir: cannot create directory '/var/lib/notes': Read-only file system", 'tmpfs: /var/lib/notes'],
    ["touch: cannot touch '/etc/x': Read-only file system", 'writable: true'],
    ["chown: changing ownership of '/var/lib/notes': Read-only file system", 'tmpfs: /var/lib/notes'],
    ["chown: changing ownership of '/var/lib/notes': Operation not permitted", 'user: root', { tmpfs: ['/var/lib/notes'] }],
    ["chown: changing ownership of '/var/lib/notes': Operation not permitted", 'capAdd: CHOWN', root],
    ['setpriv: setgroups failed: Operation not permitted', 'user: root'],
    ['setpriv: setgroups failed: Operation not permitted', 'capAdd: SETGID', root],
    ['setpriv: setresgid failed: Operation not permitted', 'capAdd: SETGID', root],
    ['setpriv: setresuid failed: Operation not permitted', 'capAdd: SETUID', { ...root, capAdd: ['SETGID'] }],
    ['error: failed switching to "app": operation not permitted', 'capAdd: SETUID', root],
    [
      "  File \"/srv/s.py\", line 3, in <module>\n    os.makedirs('/data/x')\nOSError: [Errno 30] Read-only file system: '/data/x'",
      'tmpfs: /data/x',
    ],
    ["OSError: [Errno 30] Read-only file system: '/data/x.db'", 'tmpfs: /data'],
    ["PermissionError: [Errno 13] Permission denied: '/root/.config'", 'user: root'],
    ["PermissionError: [Errno 13] Permission denied: '/srv/secret'", 'capAdd: DAC_OVERRIDE', root],
    ["PermissionError: [Errno 13] Permission denied: '/srv/secret'", 'nothing', { ...root, capAdd: ['DAC_OVERRIDE'] }],
    ['sh: 1: /data/tool: Permission denied', 'exec: /data', { tmpfs: ['/data'] }],
    ['ERROR: could not resize shared memory segment "/PostgreSQL.1" to 67145056 bytes: No space left on device', 'shm: 256m'],
    ['ERROR: could not resize shared memory segment "/PostgreSQL.1": No space left on device', 'shm: 1g', { shm: 256 * 1024 ** 2 }],
    ['sqlite3.OperationalError: attempt to write a readonly database', 'writable: true'],
    ['Error: the API key is missing', 'nothing'],
    ['Cannot find module /app/index.js', 'nothing'],
    ["EROFS: read-only file system, open '/proc/sys/kernel/x'", 'nothing'],
    ['', 'nothing'],
  ] as const satisfies readonly (readonly [string, string, Partial<Isolation>?])[]) {
    assert.equal(proposed(output, has), expected, output);
  }
});

test('the last words decide, and what the server has is not proposed again', () => {
  const output = "warning: open '/srv/a/x': Read-only file system\nmkdir: cannot create directory '/srv/b': Read-only file system\nbye";
  assert.equal(proposed(output), 'tmpfs: /srv/b');
  assert.equal(proposed("mkdir '/srv/b/c': Read-only file system", { tmpfs: ['/srv/b'] }), 'writable: true');
  const isolation = { ...strictIsolation, tmpfs: ['/a'] };
  const relaxation = proposeRelaxation({ output, isolation });
  assert.deepEqual(relaxation && relaxedValue(isolation, relaxation), ['/a', '/srv/b']);
});

test("a browser's own sandbox is no reason for a wider container", () => {
  const output =
    '[18:18] ERROR:zygote_host_impl_linux.cc:130] No usable sandbox! If this is a Debian system, please install the chromium-sandbox package';
  assert.ok(isSandboxRefusal(output));
  assert.equal(proposed(output), 'nothing');
});

test('output of a stranger takes no long time', { timeout: 5_000 }, () => {
  for (const part of ['/a', "'/", 'chown ', '//', 'set', 'EROFS ', 'EPERM \'/x" ']) {
    proposed(part.repeat(200_000));
    proposed(`${part}\n`.repeat(50_000));
  }
});
