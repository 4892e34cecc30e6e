import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fillConfigTemplate } from '../../../src/core/catalog/template.ts';

const filled = (text: string, config: Readonly<Record<string, unknown>> = {}, server = 'files') =>
  fillConfigTemplate(text, server, config).texts;

test('a value of the configuration takes the place of its template, whatever its type', () => {
  assert.deepEqual(filled('--user={{files.user}}', { user: 'ada' }), ['--user=ada']);
  assert.deepEqual(filled('{{files.jira.url}}', { jira: { url: 'https://jira.example' } }), ['https://jira.example']);
  assert.deepEqual(filled('{{files.port}}:{{files.tls}}', { port: 8443, tls: false }), ['8443:false']);
});

test('what has no value is empty, and so is what another server has', () => {
  assert.deepEqual(filled('{{files.user}}'), ['']);
  assert.deepEqual(filled('{{other.user}}', { user: 'ada' }), ['']);
  assert.deepEqual(filled('{{files}}', { user: 'ada' }), ['']);
  assert.deepEqual(filled('{{files.constructor.name}}', {}), ['']);
});

test('"into" puts a list in the place of its template, and nothing where it is empty', () => {
  const paths = ['/a', '/b'];
  assert.deepEqual(filled('{{files.paths|volume|into}}', { paths }), ['/a:/a', '/b:/b']);
  assert.deepEqual(filled('{{files.paths|volume-target|into}}', { paths }), ['/a', '/b']);
  assert.deepEqual(filled('{{files.paths|volume|into}}', { paths: '/a' }), ['/a:/a']);
  assert.deepEqual(filled('{{files.paths|volume|into}}'), []);
  assert.deepEqual(filled('{{files.paths|or:[]|volume|into}}'), []);
});

test('the other functions of Docker', () => {
  const config = { paths: ['/a', '/b'], one: 'C:\\work\\x' };
  assert.deepEqual(filled('{{files.paths|first}}', config), ['/a']);
  assert.deepEqual(filled('{{files.paths|last}}', config), ['/b']);
  assert.deepEqual(filled('{{files.one|volume}}', config), ['C:\\work\\x:/C/work/x']);
  assert.deepEqual(filled('{{files.one|volume-target}}', config), ['/C/work/x']);
  assert.deepEqual(filled('{{files.none|or:readonly}}', config), ['readonly']);
  assert.deepEqual(filled('{{files.none|or:[a, b]|into}}', config), ['a', 'b']);
  assert.deepEqual(filled('{{files.paths|first|mount_as:/data:ro}}', config), ['/a:/data:ro']);
  assert.deepEqual(filled('{{files.paths|first|nobody-knows}}', config), ['/a']);
});

test('a server whose name has dots is found by its name and by its name with underscores', () => {
  assert.deepEqual(filled('{{a.b.key}}', { key: 'x' }, 'a.b'), ['x']);
  assert.deepEqual(filled('{{a_b.key}}', { key: 'x' }, 'a.b'), ['x']);
});

test('a reference to a secret that went in is told of', () => {
  const { texts, references } = fillConfigTemplate('{{db.url}}', 'db', { url: 'secret://db.url' });
  assert.deepEqual(texts, ['secret://db.url']);
  assert.deepEqual(references, ['secret://db.url']);
});

test('a value that looks like a template is not filled in again', () => {
  assert.deepEqual(filled('{{files.a}}', { a: '{{files.b}}', b: 'x' }), ['{{files.b}}']);
});

test('a text of many braces costs no more than its length', () => {
  const from = process.cpuUsage().user;
  assert.deepEqual(filled('{{'.repeat(200_000)), ['{{'.repeat(200_000)]);
  assert.ok(process.cpuUsage().user - from < 2_000_000);
});
