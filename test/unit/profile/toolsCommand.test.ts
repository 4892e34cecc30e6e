import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { KnownTools } from '../../../src/cli/profile/knownTools.ts';
import { chooseTools, type ToolsRequest } from '../../../src/cli/profile/tools.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { places, said } from '../catalogs/places.ts';

const many = Array.from({ length: 15 }, (_, index) => `tool_${index}`);
const nothing = { given: 'dev', enable: [], disable: [], enableAll: [], disableAll: [], format: 'human', dryRun: false } as const;

/** Knows the tools of `every` without a start, and of no other server. */
const known: KnownTools = (_target, server, how) => Promise.resolve(how === 'look' && server === 'every' ? many : null);

function own(t: TestContext): Locations {
  const locations = places(t);
  const path = join(locations.configFolder, 'profiles', 'dev.yaml');
  mkdirSync(dirname(path), { recursive: true });
  const entries = ['every', 'other'].map((name) => `  - { image: x/a:1, name: ${name}, tools: [tool_3] }\n`);
  writeFileSync(path, `version: 1\nservers:\n${entries.join('')}`);
  return locations;
}

async function words(t: TestContext, locations: Locations, request: Partial<ToolsRequest>): Promise<string> {
  const { code, text } = await said(t, () => chooseTools(locations, { ...nothing, ...request }, known));
  assert.equal(code, 0, text);
  return text;
}

test('what is counted as enabled or disabled is what is offered, where that is known', async (t) => {
  const locations = own(t);
  assert.match(await words(t, locations, { enableAll: ['every'] }), /^Updated profile dev: 14 tool\(s\) enabled, 0 tool\(s\) disabled\n/);
  assert.match(await words(t, locations, { disableAll: ['every'] }), /^Updated profile dev: 0 tool\(s\) enabled, 15 tool\(s\) disabled\n/);
  // Nobody knows its tools, and no server is started to count them.
  assert.match(await words(t, locations, { enableAll: ['other'] }), /^Updated profile dev\n {2}other offers all its tools\n/);
  assert.match(await words(t, locations, { disableAll: ['other'] }), /^Updated profile dev\n {2}other offers none of its tools\n/);
});

test('without options the tools are listed, with what is offered of them', async (t) => {
  const locations = own(t);
  const table = await words(t, locations, {});
  assert.match(table, /^SERVER +TOOL +OFFERED\n/);
  assert.match(table, /every +tool_3 +on\n/);
  assert.match(table, /every +tool_4 +off\n/);
  const rows = JSON.parse(await words(t, locations, { format: 'json' })) as readonly { tools: readonly unknown[] }[];
  assert.equal(rows[0]?.tools.length, 15);
  assert.deepEqual(rows[1], { server: 'other', all: false, tools: [{ name: 'tool_3', offered: true }] });
  await words(t, locations, { enableAll: ['other'] });
  assert.match(await words(t, locations, {}), /other +\(all; their names are not known yet\) +on\n/);
});
