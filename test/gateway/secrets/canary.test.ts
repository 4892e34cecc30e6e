import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { demoProfile, makeHome } from '../../support/wharfHome.ts';

/** What a secret may look like in a file: itself, and its usual encodings, wherever in a longer text they begin. */
function looksOf(secret: string): readonly string[] {
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  );
  return [secret, Buffer.from(secret).toString('hex'), ...base64];
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** Command lines and environments of the processes whose environment names this home. */
function processesOf(home: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const facts = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
        return facts.some((text) => text.includes(home)) ? facts : [];
      } catch {
        return [];
      }
    });
}

test('a secret is found in no file, argument, variable or log of the run', { skip: process.platform !== 'linux' }, async (t) => {
  const home = await makeHome(t);
  const [first, second, imported, passphrase] = Array.from({ length: 4 }, () => `canary-${randomBytes(12).toString('hex')}`) as [
    string,
    string,
    string,
    string,
  ];
  const envFile = join(home.home, '..', 'to-import.env');
  writeFileSync(envFile, `IMPORTED=${imported}\n`, { mode: 0o600 });
  await home.addProfile('dev', demoProfile);
  await home.session('dev');
  const commands: readonly (readonly [readonly string[], string?])[] = [
    [['secret', 'init', '--passphrase'], `${passphrase}\n`],
    [['secret', 'set', 'a'], `${first}\n`],
    [['secret', 'set', 'a'], second],
    [['secret', 'import', envFile]],
    [['secret', 'rotate']],
    [['secret', 'lock']],
    [['secret', 'set', 'a'], first],
    [['secret', 'unlock'], `${passphrase}\n`],
    [['secret', 'set', 'b c'], first],
    [['secret', 'set', 'b'], `${first}\0`],
    [['secret', 'ls']],
    [['secret', 'status']],
    [['secret', 'export-names']],
  ];
  const said: string[] = [];
  for (const [args, input] of commands) {
    const ended = await home.wharf(args, {}, input ?? '');
    said.push(ended.stdout, ended.stderr);
  }
  const { pid } = await home.status();
  assert.match(said.join(''), /IMPORTED/);
  const files = filesBelow(home.home);
  assert.ok(files.some((path) => path.endsWith('vault.json')) && files.some((path) => path.endsWith('daemon.log')));
  const processes = processesOf(home.home);
  assert.ok(processes.includes(readFileSync(`/proc/${pid}/cmdline`, 'latin1')));
  for (const secret of [first, second, imported, passphrase]) {
    for (const look of looksOf(secret)) {
      assert.deepEqual(
        files.filter((path) => readFileSync(path, 'latin1').includes(look)),
        [],
      );
      assert.ok(!processes.some((text) => text.includes(look)), 'a process carries it in its arguments or variables');
      assert.ok(!said.some((text) => text.includes(look)), 'a command printed it');
    }
  }
});
