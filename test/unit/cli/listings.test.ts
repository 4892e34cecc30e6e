import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Command } from 'commander';

import { addCallsCommands } from '../../../src/cli/commands/calls.ts';
import { addCatalogCommands } from '../../../src/cli/commands/catalog.ts';
import { addClientCommands } from '../../../src/cli/commands/client.ts';
import { addHttpCommands } from '../../../src/cli/commands/http.ts';
import { addImageCommands } from '../../../src/cli/commands/image.ts';
import { addOauthCommands } from '../../../src/cli/commands/oauth.ts';
import { addProfileCommands } from '../../../src/cli/commands/profile.ts';
import { addSecretCommands } from '../../../src/cli/commands/secret.ts';
import { addToolsCommands } from '../../../src/cli/commands/tools.ts';
import { addVolumeCommands } from '../../../src/cli/commands/volume.ts';

test('every listing is there for people, as JSON and as YAML, and is documented', () => {
  const program = new Command('wharf');
  for (const add of [
    addCallsCommands,
    addCatalogCommands,
    addClientCommands,
    addHttpCommands,
    addImageCommands,
    addOauthCommands,
    addProfileCommands,
    addSecretCommands,
    addToolsCommands,
    addVolumeCommands,
  ]) {
    add(program, () => () => Promise.resolve());
  }
  const documented = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8').split('\n');
  const listings = commandsIn(program, []).filter(([, command]) => ['ls', 'list', 'search'].includes(command.name()));
  assert.ok(listings.length >= 12, String(listings.length));
  for (const [words, command] of listings) {
    const format = command.options.find(({ long }) => long === '--format');
    assert.deepEqual(format?.argChoices, ['human', 'json', 'yaml'], words);
    const names = [command.name(), ...command.aliases()].map((name) => words.replace(/\S+$/, name));
    const row = documented.find((line) => names.some((name) => line.startsWith(`| \`wharf ${name}`)));
    assert.match(row ?? '', /--format json\\\|yaml`( \(`--json`\))? gives /, words);
  }
});

function commandsIn(command: Command, words: readonly string[]): readonly (readonly [string, Command])[] {
  return command.commands.flatMap((one) => {
    const all = [...words, one.name()];
    return [[all.join(' '), one] as const, ...commandsIn(one, all)];
  });
}
