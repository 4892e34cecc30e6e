import assert from 'node:assert/strict';
import { test } from 'node:test';

import { offeredCount, unknownChoices, type ToolsOfServer } from '../../../src/core/tools/toolChoice.ts';
import { toolCountWords } from '../../../src/core/tools/toolCount.ts';

const files: ToolsOfServer = { server: 'files', chosen: ['read', 'wirte'], tools: ['read', 'write', 'list'] };
const web: ToolsOfServer = { server: 'web', chosen: null, tools: ['search'] };
const silent: ToolsOfServer = { server: 'silent', chosen: ['anything'], tools: null };

function said(servers: readonly ToolsOfServer[], choice?: readonly string[]): readonly string[] {
  return unknownChoices(servers, choice).map(({ message, next }) => `${message} ${next}`);
}

test('a name in "tools" of a profile that its server does not have is told with the nearest; a server that was never asked may have it', () => {
  assert.deepEqual(said([files, web, silent]), [
    'The server "files" has no tool "wirte", which "tools" of the profile names. Did you mean "write"? There are: read, write, list.',
  ]);
});

test('a name of --tools is told when no server has it, and takes the place of the choice of the profile', () => {
  assert.deepEqual(said([files, web], ['READ', 'web:search', 'files:*', '*']), []);
  const [tool, ofServer, ofNone] = said([files, web], ['serch', 'files:lst', 'wep:search']);
  assert.match(tool ?? '', /no server of this profile has the tool "serch", which --tools names\. Did you mean "search"\?/i);
  assert.match(ofServer ?? '', /"files:lst".* Did you mean "files:list"\?/);
  assert.match(ofNone ?? '', /"wep:search".* Did you mean "web:search"\?/);
});

test('while a server is not known, only what it cannot have is told', () => {
  assert.deepEqual(said([files, silent], ['other', 'silent:other']), []);
  assert.equal(said([files, silent], ['files:other', 'nobody:other']).length, 2);
});

test('a count says why some tools of a server are not offered', () => {
  const tools = ['a', 'b', 'c'].map((name) => ({ name, readOnly: null }));
  assert.equal(toolCountWords({ tools, offered: 2 }), '2 of 3 tools, as the profile\'s "tools" leaves out the others');
  assert.equal(toolCountWords({ tools, offered: offeredCount(web, ['x']) }, '--tools'), '0 of 3 tools, as --tools leaves out the others');
  assert.deepEqual(
    [toolCountWords({ tools }), toolCountWords({ tools: tools.slice(2), offered: 1 }), toolCountWords({ tools: null })],
    ['3 tools', '1 tool', 'tools not known yet'],
  );
});
