import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Argument, Command, Option } from 'commander';

import { complete } from '../../../src/cli/plugin/complete.ts';

const program = new Command('wharf');
program.command('version').description('print the version');
const client = program.command('client').description('clients');
client
  .command('connect')
  .description('connect one')
  .argument('<client>', 'codex')
  .option('--profile <id>', 'what to serve')
  .option('--file <file>', 'a file')
  .option('--global', 'for all')
  .addOption(new Option('--launcher <kind>', 'how').choices(['wharf', 'docker']));
client.command('secret', { hidden: true });
program.command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh']));

async function lines(...words: readonly string[]): Promise<readonly string[]> {
  const text = await complete(program, words, { descriptions: false, profiles: async () => ['dev', 'ops'] });
  assert.ok(text.endsWith('\n'));
  return text.trimEnd().split('\n');
}

test('commands, options, their values, profiles and arguments are completed as far as they were typed', async () => {
  assert.deepEqual(await lines('c'), ['client', 'completion', ':4']);
  assert.deepEqual(await lines('client', ''), ['connect', 'help', ':4']);
  assert.deepEqual(await lines('client', 'connect', '--l'), ['--launcher', ':4']);
  assert.deepEqual(await lines('client', 'connect', '--launcher', ''), ['wharf', 'docker', ':4']);
  assert.deepEqual(await lines('client', 'connect', '--launcher=d'), ['--launcher=docker', ':4']);
  assert.deepEqual(await lines('client', 'connect', '--global', ''), ['codex', ':4']);
  assert.deepEqual(await lines('client', 'connect', 'codex', '--profile', 'o'), ['ops', ':4']);
  assert.deepEqual(await lines('completion', ''), ['bash', 'zsh', ':4']);
});

test('files are left to the shell where one may stand, and nothing is offered where nothing can', async () => {
  assert.deepEqual(await lines('client', 'connect', '--file', ''), [':0']);
  assert.deepEqual(await lines('frobnicate', ''), [':4']);
  assert.deepEqual(await lines('client', 'connect', 'codex', 'x'), [':4']);
  assert.deepEqual(await lines('client', 'connect', '--', '--g'), [':4']);
});

test("a description stands behind a tab, and no candidate's text breaks its line", async () => {
  const other = new Command('wharf');
  other.command('x').description('one\ntwo\tthree');
  const text = await complete(other, ['x'], { descriptions: true, profiles: async () => [] });
  assert.match(text, /^x\tone[^\n\t]*two[^\n\t]*three\n:4\n$/);
});
