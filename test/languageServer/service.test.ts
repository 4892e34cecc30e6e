import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiagnosticSeverity, type Range } from 'vscode-languageserver/node';
import type { CheckContext, Finding } from '../../src/core/codexConfig/findings.ts';
import { version } from '../../src/shared/version.ts';
import { until } from '../support/until.ts';
import { apply, connect } from './testClient.ts';

const uri = 'file:///work/app/.codex/config.toml';
const everywhere = range(0, 0, 1000, 0);

function range(line: number, character: number, endLine: number, endCharacter: number): Range {
  return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}

/** A rule that is easy to foresee: each `bad` is a warning with two repairs; `boom` is a bug in the rule. */
function check(text: string, { scope }: CheckContext): readonly Finding[] {
  if (text.includes('boom')) {
    throw new Error('the rule broke');
  }
  return [...text.matchAll(/bad/g)].map((match) => {
    const found = { start: match.index, end: match.index + 3 };
    const replace = (newText: string) => ({ title: `Write ${newText}`, edits: [{ range: found, newText }] });
    return {
      code: 'no-bad',
      severity: 'warning',
      message: `Bad in a ${scope} file.`,
      range: found,
      fixes: [replace('good'), replace('fine')],
    };
  });
}

test('the server says who it is, and that it takes changes in parts and offers quick fixes', async (t) => {
  const client = await connect(t, { check });
  assert.deepEqual(client.announced, {
    serverInfo: { name: 'wharf', version },
    capabilities: { textDocumentSync: { openClose: true, change: 2 }, codeActionProvider: { codeActionKinds: ['quickfix'] } },
  });
});

test('a client that knows no code action literals is offered none', async (t) => {
  const client = await connect(t, { check }, {}, {});
  assert.equal(client.announced.capabilities.codeActionProvider, undefined);
});

test('opening a document gives its diagnostics with exact ranges', async (t) => {
  const client = await connect(t, { check });
  await client.open(uri, 'a = 1\nb = "bad"\n');
  assert.deepEqual(await client.diagnostics(uri), [
    { range: range(1, 5, 1, 8), severity: DiagnosticSeverity.Warning, code: 'no-bad', source: 'wharf', message: 'Bad in a project file.' },
  ]);
});

test('ranges count UTF-16 units from the start of the line, after CRLF and astral characters', async (t) => {
  const client = await connect(t, { check });
  const text = '# 👋\r\na = "👋𝒳 bad"\r\nbad\r\n';
  await client.open(uri, text);
  assert.deepEqual(
    (await client.diagnostics(uri)).map((diagnostic) => diagnostic.range),
    [range(1, 10, 1, 13), range(2, 0, 2, 3)],
  );
  const [first] = await client.actions(uri, range(1, 11, 1, 11));
  assert.equal(apply(text, uri, first), '# 👋\r\na = "👋𝒳 good"\r\nbad\r\n');
});

test('a change updates the diagnostics, and of changes in a row only the last version is checked', async (t) => {
  const seen: string[] = [];
  const client = await connect(t, { check: (text, context) => (seen.push(text), check(text, context)), restMs: 200 });
  await client.open(uri, 'x');
  await client.diagnostics(uri);
  await client.change(uri, 2, { range: range(0, 1, 0, 1), text: '\nbad' });
  await client.change(uri, 3, { range: range(1, 0, 1, 0), text: '👋' }, { range: range(0, 0, 0, 0), text: '\r\n' });
  await client.change(uri, 4, { range: range(2, 5, 2, 5), text: ' bad' });
  const diagnostics = await client.diagnostics(uri, 4);
  assert.deepEqual(
    diagnostics.map((diagnostic) => diagnostic.range),
    [range(2, 2, 2, 5), range(2, 6, 2, 9)],
  );
  assert.deepEqual(seen, ['x', '\r\nx\n👋bad bad']);
  assert.deepEqual(
    client.published.map((params) => params.version),
    [1, 4],
  );
});

test('a quick fix repairs the text, belongs to its diagnostic, and the first is preferred', async (t) => {
  const client = await connect(t, { check });
  const text = 'a = "bad"\nb = "bad"\n';
  await client.open(uri, text);
  const diagnostics = await client.diagnostics(uri);
  const actions = await client.actions(uri, range(1, 6, 1, 6));
  assert.deepEqual(
    actions.map(({ title, kind, isPreferred }) => ({ title, kind, isPreferred })),
    [
      { title: 'Write good', kind: 'quickfix', isPreferred: true },
      { title: 'Write fine', kind: 'quickfix', isPreferred: false },
    ],
  );
  assert.deepEqual(actions[0]?.diagnostics, diagnostics.slice(1));
  assert.equal(apply(text, uri, actions[0]), 'a = "bad"\nb = "good"\n');
  assert.equal(apply(text, uri, actions[1]), 'a = "bad"\nb = "fine"\n');
});

test('fixes are offered where the range touches a finding, and only for the kinds that were asked for', async (t) => {
  const client = await connect(t, { check });
  await client.open(uri, 'a = "bad"\nb = "bad"\n');
  const count = async (asked: Range, only?: string[]) => (await client.actions(uri, asked, only)).length;
  assert.equal(await count(range(0, 0, 0, 4)), 0);
  assert.equal(await count(range(0, 8, 0, 8)), 2, 'the cursor stands right behind it');
  assert.equal(await count(everywhere), 4);
  assert.equal(await count(everywhere, ['quickfix']), 4);
  assert.equal(await count(everywhere, ['']), 4);
  assert.equal(await count(everywhere, ['refactor', 'source.fixAll']), 0);
});

test('an edit names the version it was made for, and has the plain form for a client without versions', async (t) => {
  const modern = await connect(t, { check, restMs: 60_000 });
  await modern.open(uri, 'bad');
  await modern.change(uri, 7, { text: 'not bad' });
  const [versioned] = await modern.actions(uri, everywhere);
  assert.deepEqual(versioned?.edit, {
    documentChanges: [{ textDocument: { uri, version: 7 }, edits: [{ range: range(0, 4, 0, 7), newText: 'good' }] }],
  });
  await modern.close(uri);
  const literals = { textDocument: { codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: [] } } } } };
  const plain = await connect(t, { check }, {}, literals);
  await plain.open(uri, 'bad');
  const [simple] = await plain.actions(uri, everywhere);
  assert.deepEqual(simple?.edit, { changes: { [uri]: [{ range: range(0, 0, 0, 3), newText: 'good' }] } });
});

test('closing a document clears its diagnostics, drops a check that waits, and opening it again starts afresh', async (t) => {
  const client = await connect(t, { check, restMs: 100 });
  await client.open(uri, 'bad');
  await client.diagnostics(uri);
  await client.change(uri, 2, { text: 'bad bad' });
  await client.close(uri);
  await until(() => client.published.at(-1)?.version === undefined && client.published.at(-1)?.diagnostics.length === 0);
  assert.deepEqual(await client.actions(uri, everywhere), []);
  await client.open(uri, 'clean');
  await until(() => client.published.at(-1)?.version === 1);
  await client.change(uri, 2, { text: 'bad bad bad' });
  assert.equal((await client.diagnostics(uri, 2)).length, 3);
  assert.deepEqual(
    client.published.map((params) => [params.version, params.diagnostics.length]),
    [
      [1, 1],
      [undefined, 0],
      [1, 0],
      [2, 3],
    ],
  );
});

test('documents of another language are left alone', async (t) => {
  const client = await connect(t, { check });
  await client.open('file:///work/app/Cargo.toml', 'bad', 'toml');
  await client.open(uri, 'bad');
  await client.diagnostics(uri);
  await client.close('file:///work/app/Cargo.toml');
  await client.close(uri);
  await until(() => client.published.length === 2);
  assert.ok(client.published.every((params) => params.uri === uri));
  assert.deepEqual(await client.actions('file:///work/app/Cargo.toml', everywhere), []);
});

test('a rule that throws is logged once for a version, and its document and the others go on', async (t) => {
  const client = await connect(t, { check, restMs: 1 });
  const other = 'file:///work/other/.codex/config.toml';
  await client.open(uri, 'bad');
  await client.change(uri, 2, { text: 'bad boom' });
  assert.deepEqual(await client.diagnostics(uri, 2), [], 'the old ranges no longer fit the text');
  assert.deepEqual(await client.actions(uri, everywhere), []);
  await client.open(other, 'bad');
  assert.equal((await client.diagnostics(other)).length, 1);
  await client.change(uri, 3, { text: 'bad' });
  assert.equal((await client.diagnostics(uri, 3)).length, 1);
  assert.equal(client.logged.length, 1);
  assert.match(client.logged[0] ?? '', /^Checking file:\/\/\/work\/app\/\.codex\/config\.toml failed: Error: the rule broke\n/);
});

test('two services in one process share no state', async (t) => {
  const first = await connect(t, { check }, { codexHome: '/work/app/.codex' });
  const second = await connect(t, { check }, { codexHome: '/home/someone/.codex' }, {});
  await first.open(uri, 'bad');
  await second.open(uri, 'bad bad');
  assert.deepEqual(
    (await first.diagnostics(uri)).map((diagnostic) => diagnostic.message),
    ['Bad in a user file.'],
  );
  assert.equal((await second.diagnostics(uri)).length, 2);
  assert.equal((await second.diagnostics(uri))[0]?.message, 'Bad in a project file.');
  await second.close(uri);
  await until(() => second.published.length === 2);
  assert.equal(first.published.length, 1);
  assert.notEqual(first.announced.capabilities.codeActionProvider, undefined);
  assert.equal(second.announced.capabilities.codeActionProvider, undefined);
  assert.equal((await first.actions(uri, everywhere)).length, 2);
});

test('initialisation options of a wrong shape are taken for none', async (t) => {
  for (const options of [{ codexHome: 7 }, { codexHome: '' }, null, 'text', []]) {
    const client = await connect(t, { check }, options);
    await client.open(uri, 'bad');
    assert.equal((await client.diagnostics(uri))[0]?.message, 'Bad in a project file.');
  }
});
