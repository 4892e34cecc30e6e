import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeHome } from '../support/wharfHome.ts';

const catalogue = `name: team
registry:
  postgres:
    title: PostgreSQL
    description: Read-only database
    type: server
    image: mcp/postgres:1
    env: [{ name: DATABASE_URL, value: "{{postgres.url}}" }]
    tools: [{ name: query }, { name: list_tables }, { name: explain }]
    config:
      - name: postgres
        type: object
        properties: { url: { type: string }, max_rows: { type: integer } }
        required: [url]
  github:
    title: GitHub
    description: Issues
    type: server
    image: mcp/github:1
    secrets: [{ name: github.token, env: GITHUB_TOKEN }]
    tools: [{ name: create_issue }, { name: list_issues }]
`;

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

test("Docker's documented steps run word for word, with their words, and no file holds a password that went through them", async (t) => {
  const home = await makeHome(t);
  const [password, token] = [`pw${randomBytes(9).toString('hex')}`, `tk${randomBytes(9).toString('hex')}`];
  writeFileSync(join(home.project, 'team.yaml'), catalogue);
  const said: string[] = [];
  const run = async (words: readonly string[], input = ''): Promise<string> => {
    const ended = await home.wharf(['profile', ...words], {}, input);
    said.push(ended.stdout, ended.stderr);
    assert.equal(ended.code, 0, `${words.join(' ')}: ${ended.stderr}`);
    return ended.stdout;
  };
  await home.wharf(['secret', 'init', '--key-file', join(home.home, 'vault.key')]);
  assert.equal(await run(['create', '--name', 'Codex Dev', '--server', 'file://team.yaml']), 'Created profile codex_dev with 2 servers\n');
  const path = join(home.home, '.config', 'wharf', 'profiles', 'codex_dev.yaml');
  const url = `postgres://me:${password}@db.example/app`;
  assert.equal(
    await run(['config', 'codex-dev', '--set', `postgres.url=${url}`, '--set', 'postgres.max_rows=10']),
    'postgres.url=secret://postgres.url\npostgres.max_rows=10\n',
  );
  assert.match(said.at(-1) ?? '', /shell's history keeps it.*--set postgres\.url=-/);
  await run(['config', 'codex-dev', '--set', 'github.token=-'], `${token}\n`);
  assert.equal(
    await run(['config', 'codex-dev', '--get-all', '--format', 'json']),
    `${JSON.stringify({ 'postgres.url': 'secret://postgres.url', 'postgres.max_rows': 10, 'github.token': 'secret://github.token' }, null, 2)}\n`,
  );
  // Another profile with such a server has another database: neither password takes the place of the other.
  await run(['create', '--name', 'Prod', '--server', 'file://team.yaml']);
  const other = await run(['config', 'prod', '--set', `postgres.url=${url}2`]);
  assert.equal(other, 'postgres.url=secret://prod/postgres.url\n');
  assert.equal((await home.wharf(['secret', 'export-names'])).stdout, 'github.token\npostgres.url\nprod/postgres.url\n');
  assert.match(
    await run(['tools', 'codex-dev', '--disable', 'postgres.explain']),
    /^Updated profile codex_dev: 0 tool\(s\) enabled, 1 tool\(s\) disabled\n/,
  );
  assert.equal(
    await run(['server', 'add', 'codex-dev', '--server', 'file://team.yaml']),
    [
      'Replaced server postgres in profile codex_dev',
      'Replaced server github in profile codex_dev',
      'Added 2 server(s) to profile codex_dev (replaced 2)\n',
    ].join('\n'),
  );
  // What its user chose of a server stays when it is replaced.
  assert.match(
    readFileSync(path, 'utf8'),
    /config:\n {6}url: secret:\/\/postgres\.url\n {6}max_rows: 10\n {4}tools:\n {6}- query\n {6}- list_tables\n/,
  );
  assert.deepEqual(
    (await run(['server', 'ls', '--filter', 'profile=codex_dev'])).split('\n').map((line) => line.trimEnd().split(/ {2,}/)),
    [
      ['PROFILE', 'TYPE', 'NAME', 'IDENTIFIER'],
      ['codex_dev', 'image', 'postgres', 'mcp/postgres:1'],
      ['codex_dev', 'image', 'github', 'mcp/github:1'],
      [''],
    ],
  );
  await run(['export', 'codex-dev', 'shared.json']);
  assert.equal(await run(['server', 'remove', 'codex-dev', 'github']), 'Removed 1 server(s) from profile codex_dev\n');
  assert.match((await home.wharf(['profile', 'import', 'shared.json'])).stderr, /WHARF_IMPORT_TAKEN/);
  // It names secrets that the vault has: they are for the servers of a file only when its user says so.
  assert.match((await home.wharf(['profile', 'import', 'shared.json', '--replace'])).stderr, /WHARF_IMPORT_CONSENT.*github\.token/s);
  assert.equal(await run(['import', 'shared.json', '--replace', '--yes']), 'Imported profile codex_dev\n');
  const shown = JSON.parse(await run(['show', 'codex-dev', '--format', 'json'])) as { servers: readonly unknown[] };
  assert.equal(shown.servers.length, 2);
  // Refused values are in no message either.
  for (const given of [`postgres.max_rows=x${password}`, `nothing.url=${password}`, `postgres${password}`]) {
    const refused = await home.wharf(['profile', 'config', 'codex-dev', '--set', given]);
    assert.equal(refused.code, 2);
    said.push(refused.stdout, refused.stderr);
  }
  assert.equal(await run(['remove', 'codex-dev', '--yes']), 'Removed profile codex_dev\n');
  assert.ok(!existsSync(path));
  for (const secret of [password, token]) {
    assert.ok(!said.some((text) => text.includes(secret)), 'it was printed');
    for (const file of filesBelow(home.home)) {
      assert.ok(!readFileSync(file, 'latin1').includes(secret), file);
    }
  }
});

test('what is made in a project is allowed at once, a change of others is shown line by line, and an edit of it allows nothing', async (t) => {
  const home = await makeHome(t);
  writeFileSync(join(home.project, 'team.yaml'), catalogue);
  const profile = (...words: string[]) => home.wharf(['profile', ...words], {}, '');
  assert.equal((await profile('create', '--name', 'team', '--project', '--server', 'file://team.yaml')).code, 0);
  const path = join(home.project, '.codex', 'profiles', 'team.yaml');
  const isAllowed = async (): Promise<boolean> => {
    const rows = JSON.parse((await profile('list', '--format', 'json')).stdout) as readonly { readonly allowed: boolean }[];
    return rows[0]?.allowed === true;
  };
  assert.equal(await isAllowed(), true);
  assert.equal((await profile('tools', 'team', '--disable', 'github.list_issues')).code, 0);
  assert.equal(await isAllowed(), true);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('mcp/github:1', 'mcp/other:1'));
  const changed = await profile('diff', 'team');
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /\n- +image: mcp\/github:1\n\+ +image: mcp\/other:1\n/);
  assert.match((await profile('allow', 'team')).stdout, /\n\+ +image: mcp\/other:1\n/);
  const edited = await profile('server', 'add', 'team', '--native', 'mine', '--', 'node', '--version');
  assert.equal(edited.code, 0);
  assert.match(edited.stderr, /not allowed yet/);
  assert.equal(await isAllowed(), false);
  assert.equal((await profile('allow', 'team', '--yes', '--no-discover')).code, 0);
  assert.equal(await isAllowed(), true);
  assert.match((await profile('revoke', 'team')).stdout, /^Revoked /);
  assert.equal(await isAllowed(), false);
});
