import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { grantLines, legendOf } from '../../../src/cli/grants.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Profile } from '../../../src/core/profile/profile.ts';
import type * as allowModule from '../../../src/extension/commands/allowProfile.ts';
import { shownLine } from '../../../src/extension/shownLine.ts';
import type { ProfileEntry } from '../../../src/extension/profiles.ts';
import type * as describeModule from '../../../src/extension/views/describe.ts';
import type * as tooltipModule from '../../../src/extension/views/serverTooltip.ts';
import { stubVscode } from './vscodeWords.ts';

let describe: typeof describeModule;
let tooltip: typeof tooltipModule;
let allow: typeof allowModule;
const unmarked = { missing: [], isLocked: false, isImageChanged: false, learned: 0, withheld: 0 };
before(async () => {
  stubVscode();
  describe = await import('../../../src/extension/views/describe.ts');
  tooltip = await import('../../../src/extension/views/serverTooltip.ts');
  allow = await import('../../../src/extension/commands/allowProfile.ts');
});

/** One server of each kind, the native one last. */
function profile(): Profile {
  const read = readProfile(
    `version: 1
servers:
  - image: mcp/x:1
    snapshot: { server: { command: [serve, "a b"], env: [{ name: MODE, value: fast }] } }
    tools: [search]
    wharf: { network: none, cpus: 0.5 }
  - endpoint: https://mcp.docs.example/mcp?team=1
    headers: { X-Team: core }
    wharf: { share: workspace }
  - endpoint: http://localhost:3000/mcp
    name: local
  - catalog_ref: builtin
    name: demo
  - name: files
    wharf: { native: { command: npx, args: [-y, "$(check) my pkg"], env: { A: b }, cwd: /srv/data } }
`,
    'dev.yaml',
  );
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  return read.value;
}

test('on the terminal, what no container holds comes first and is marked; each kind says what it does, and who shares it', () => {
  assert.deepEqual(grantLines(profile()), [
    '! files: runs npx -y "$(check) my pkg" as you, outside any container, with access to all your files',
    '    environment: A=b',
    '    network: open, limits: none, folder: /srv/data',
    '    tools: all',
    '  x: image mcp/x:1',
    '    command: serve "a b"',
    '    environment: MODE=fast',
    '    network: none',
    '    limits: 0.5 CPU, 2048 MB',
    '    shared: one running copy serves all your threads, in every project',
    '    tools: search',
    '  docs: sends what its tools are given to mcp.docs.example',
    '    address: https://mcp.docs.example/mcp?team=1',
    '    headers: X-Team',
    '    shared: one running copy serves all threads of the same project folder',
    '    tools: all',
    '  local: sends what its tools are given to localhost:3000, a program on this computer',
    '    address: http://localhost:3000/mcp',
    '    tools: all',
    '  demo: built in, runs as a process without files or network',
    '    shared: one running copy serves all your threads, in every project',
    '    tools: all',
  ]);
});

/** Everything that an entry can be granted. */
function granted(): Profile {
  const read = readProfile(
    `version: 1
wharf: { output: warn }
servers:
  - image: mcp/x:1
    secrets: [{ name: x.token, env: TOKEN }]
    wharf:
      secretsAs: file
      network: open
      mounts: ["~/notes:/notes", "~/work:/work:rw"]
      tmpfs: [/var/cache/x]
      writable: true
      capAdd: [SETUID]
      user: root
      output: off
`,
    'dev.yaml',
  );
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  return read.value;
}

test('what is granted to a server stands below it, and what weakens what holds it is marked', () => {
  const lines = grantLines(granted());
  assert.deepEqual(lines.slice(-9), [
    '+   secret: TOKEN_FILE from secret://x.token',
    '!   network: open to every host, chosen by the profile',
    '+   mount: ~/notes as /notes, to read',
    '!   mount: ~/work as /work, to read and TO CHANGE, but for .git, .codex, .vscode, .devcontainer right in it; what lies deeper can be changed, those of other projects too',
    '+   writable: its whole root file system, until it stops',
    '+   folder in memory: /var/cache/x',
    '!   capabilities: SETUID',
    '!   user: root',
    '!   output: secrets in what it says reach the model (all its tools: off)',
  ]);
  assert.equal(lines[0], '! secrets in what its servers say reach the model (output: warn)');
  assert.equal(legendOf(lines).length, 2);
  assert.deepEqual(legendOf(['  demo: built in']), []);
});

test('in the list that VS Code shows, each grant is a line of its own, with a sign', () => {
  const entry = { file: { profile: { ok: true, value: granted() } } } as unknown as ProfileEntry;
  const [loose, server, ...rest] = allow.grants(entry, {}, shownLine).map(({ label }) => label);
  assert.deepEqual([loose, server], ['$(blank) $(warning) output: warn', '$(vm-outline) x']);
  assert.deepEqual(rest.slice(0, 4), [
    '$(blank) $(key) secret: TOKEN_FILE from secret://x.token',
    '$(blank) $(warning) network: open to every host, chosen by the profile',
    '$(blank) $(folder) mount: ~/notes as /notes, to read',
    '$(blank) $(warning) mount: ~/work as /work, to read and TO CHANGE, but for .git, .codex, .vscode, .devcontainer right in it; what lies deeper can be changed, those of other projects too',
  ]);
});

test('in the list that VS Code shows before it allows a profile, the same is said, and no word of a file becomes an icon', () => {
  const entry = { file: { profile: { ok: true, value: profile() } } } as unknown as ProfileEntry;
  assert.deepEqual(
    allow.grants(entry, {}, shownLine).map(({ label, description, detail }) => [label, description, detail]),
    [
      [
        '$(warning) files',
        'runs as you, outside any container',
        'runs npx -y "\\$(check) my pkg" as you, outside any container, with access to all your files; environment: A=b',
      ],
      ['$(vm-outline) x', 'no network · shared by all your threads', 'runs mcp/x:1 serve "a b" in a container; environment: MODE=fast'],
      [
        '$(globe) docs',
        'remote: mcp.docs.example · shared by all threads of a project folder',
        'sends what its tools are given to mcp.docs.example; address: https://mcp.docs.example/mcp?team=1; headers: X-Team',
      ],
      ['$(globe) local', 'remote: localhost:3000', 'sends what its tools are given to localhost:3000; address: http://localhost:3000/mcp'],
      ['$(vm-outline) demo', 'built in · shared by all your threads', 'ships with Wharf; reads no file and opens no socket'],
    ],
  );
});

test('in the tree, the words behind a server and its tooltip say what it may reach', () => {
  const { servers } = profile();
  const said = servers.map((server) => describe.serverDescription(server, undefined, true, unmarked));
  assert.deepEqual(
    said.map((words) => words.replace('tools not known yet · ', '')),
    ['no network', 'remote: mcp.docs.example', 'remote: localhost:3000', 'built in', 'runs as you, outside any container'],
  );
  const tooltips = servers.map((server) => tooltip.serverTooltip(server, undefined, unmarked, shownLine).value.replaceAll('\\', ''));
  const [image, remote, , demo, native] = tooltips;
  assert.match(
    image ?? '',
    /Image: `mcp\/x:1`.*Limits: `0\.5 CPU, 2 GB memory, 256 processes`.*Running copy: `shared by all your threads`/s,
  );
  assert.match(
    remote ?? '',
    /What its tools are given is sent to mcp\.docs\.example\..*Address: `https:\/\/mcp\.docs\.example\/mcp\?team=1`/s,
  );
  assert.match(demo ?? '', /Ships with Wharf/);
  assert.match(
    native ?? '',
    /\*\*Runs as you, outside any container, with access to all your files\.\*\*.*Command: `npx -y "\$\(check\) my pkg"`.*Folder: `\/srv\/data`/s,
  );
  assert.doesNotMatch(native ?? '', /Running copy/);
});

test('in VS Code, too, a value is not shown where its name or its form as an address tells a secret', () => {
  const password = ['realPassw', '0rd99'].join('');
  const read = readProfile(
    `version: 1
servers:
  - image: x
    env: [{ name: DB_PASSWORD, value: tulip-garden }, { name: PGURL, value: "postgres://u:${password}@db.acme.net:5432/x" }]
  - image: y
    env: [{ name: URL, value: "postgres://u:\${TOKEN}@db.acme.net:5432/x" }]
    secrets: [{ name: t, env: TOKEN }]
`,
    'dev.yaml',
  );
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  const items = allow.grants({ file: { profile: read } } as unknown as ProfileEntry, {}, shownLine).map(({ detail }) => detail ?? '');
  assert.match(items.join('\n'), /DB_PASSWORD=\*\*\* PGURL=.*postgres:\/\/u:\*\*\*@db\.acme\.net:5432\/x/);
  assert.doesNotMatch(items.join('\n'), /tulip|realP/);
  assert.match(items.join('\n'), /u:\$\{TOKEN\}@db/);
});

test('in VS Code, too, what the scan takes for a secret is not shown, wherever a file has it', () => {
  const token = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const read = readProfile(
    `version: 1
servers:
  - name: files
    wharf: { native: { command: npx, args: [files, --key, ${token}] } }
  - image: x
    snapshot: { server: { command: [serve, ${token}] } }
    wharf: { network: none, mounts: ["/data/${token}:/data"] }
`,
    'dev.yaml',
  );
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  const items = allow.grants({ file: { profile: read } } as unknown as ProfileEntry, {}, shownLine);
  const tooltips = read.value.servers.map((server) => tooltip.serverTooltip(server, undefined, unmarked, shownLine).value);
  const all = JSON.stringify([items, tooltips]);
  assert.match(all, /npx files --key/);
  assert.ok(!all.includes(token), all);
});
