import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseServerReference } from '../../../src/core/catalog/serverReference.ts';

function parsed(text: string): unknown {
  const result = parseServerReference(text);
  return result.ok ? result.value : result.problem.message;
}

const sound: Readonly<Record<string, unknown>> = {
  'catalog://mcp/docker-mcp-catalog/github-official': { kind: 'catalog', ref: 'mcp/docker-mcp-catalog', globs: ['github-official'] },
  'catalog://mcp/docker-mcp-catalog:latest/a+b*+[c-e]?': {
    kind: 'catalog',
    ref: 'mcp/docker-mcp-catalog:latest',
    globs: ['a', 'b*', '[c-e]?'],
  },
  'catalog://builtin/*': { kind: 'catalog', ref: 'builtin', globs: ['*'] },
  'catalog://localhost:5000/team/tools:1.2/SQLite': { kind: 'catalog', ref: 'localhost:5000/team/tools:1.2', globs: ['SQLite'] },
  'docker://ghcr.io/github/github-mcp-server:v1': { kind: 'image', image: 'ghcr.io/github/github-mcp-server:v1' },
  'https://registry.modelcontextprotocol.io/v0/servers/io.github.owner%2Fserver': {
    kind: 'registry',
    base: 'https://registry.modelcontextprotocol.io/v0',
    server: 'io.github.owner/server',
    version: null,
  },
  'https://registry.example.com/v0/servers/io.github.owner%2Fserver/versions/1.2.3%2Bbuild': {
    kind: 'registry',
    base: 'https://registry.example.com/v0',
    server: 'io.github.owner/server',
    version: '1.2.3+build',
  },
  'https://registry.example.com/v0/servers/owner%2Fserver/versions/latest': {
    kind: 'registry',
    base: 'https://registry.example.com/v0',
    server: 'owner/server',
    version: null,
  },
  'http://127.0.0.1:8080/v0.1/servers/owner/server': {
    kind: 'registry',
    base: 'http://127.0.0.1:8080/v0.1',
    server: 'owner/server',
    version: null,
  },
  'https://mcp.example.com/mcp?team=a&b=1': { kind: 'remote', url: 'https://mcp.example.com/mcp?team=a&b=1' },
  'http://localhost:3000/mcp': { kind: 'remote', url: 'http://localhost:3000/mcp' },
  'https://mcp.example.com/v0/serversides': { kind: 'remote', url: 'https://mcp.example.com/v0/serversides' },
  'file://./servers/mine.yaml': { kind: 'file', path: './servers/mine.yaml' },
  'file:///home/you/My Servers/é.json': { kind: 'file', path: '/home/you/My Servers/é.json' },
  'file://C:\\servers\\mine.yaml': { kind: 'file', path: 'C:\\servers\\mine.yaml' },
  'npx://@modelcontextprotocol/server-filesystem@2025.8.21': {
    kind: 'npx',
    package: '@modelcontextprotocol/server-filesystem',
    version: '2025.8.21',
  },
  'npx://mcp-server-time': { kind: 'npx', package: 'mcp-server-time', version: null },
  'npx://mcp-server-time@latest': { kind: 'npx', package: 'mcp-server-time', version: null },
  'npx://mcp-server-time@next': { kind: 'npx', package: 'mcp-server-time', version: 'next' },
  'uvx://mcp-server-git': { kind: 'uvx', package: 'mcp-server-git', version: null },
  'uvx://mcp-server-git==2025.1.14': { kind: 'uvx', package: 'mcp-server-git', version: '2025.1.14' },
  'uvx://Mcp_Server.Git@1.0rc1.post2.dev3+local.1': { kind: 'uvx', package: 'Mcp_Server.Git', version: '1.0rc1.post2.dev3+local.1' },
};

for (const [text, value] of Object.entries(sound)) {
  test(`${text} is taken apart`, () => {
    assert.deepEqual(parsed(text), value);
  });
}

/** Each with what its refusal says. */
const refused: Readonly<Record<string, RegExp>> = {
  '': /no form that is known/,
  'github-official': /no form that is known/,
  'mcp/github:1': /no form that is known/,
  'ftp://example.com/x': /"ftp:\/\/" is not known/,
  'catalog://': /nothing behind/,
  'catalog://mcp': /no name of a server/,
  'catalog://mcp/catalog/': /no name of a server/,
  'catalog://mcp/catalog/a++b': /name of a server is empty/,
  'catalog://mcp/catalog/+': /name of a server is empty/,
  'catalog://mcp/catalog/[a': /no pattern of names/,
  'catalog://mcp/catalog/a b': /no pattern of names/,
  'catalog://mcp/catalog/a%2fb': /no pattern of names/,
  'catalog://Upper/Case/a': /no catalogue such as/,
  'catalog://../catalog/a': /"\.\." in its path/,
  'catalog:///a': /no catalogue such as/,
  'docker://': /nothing behind/,
  'docker://-v/x:/y': /no reference of an image/,
  'docker://image name': /no reference of an image/,
  'https://example.com/v0/servers': /a server of a registry is named as/,
  'https://example.com/v0/servers/': /a server of a registry is named as/,
  'https://example.com/v0/servers/a%2Fb%2Fc': /a server of a registry is named as/,
  'https://example.com/v0/servers/a%2F..%2Fb': /"\.\." in its path/,
  'https://example.com/v0/servers/a%2Fb/versions/': /a server of a registry is named as/,
  'https://example.com/v0/servers/a%2Fb?x=1': /a server of a registry is named as/,
  'http://mcp.example.com/mcp': /needs https/,
  'https://user:pw@example.com/mcp': /carries a user name or a password/,
  'https://example.com/%2e%2e/mcp': /"\.\." in its path/,
  "https://example.com/mcp'": /belongs to a shell/,
  'https://example.com/mcp#part': /not a plain address/,
  'https://': /nothing behind/,
  'file://../mine.yaml': /"\.\." in its path/,
  'file://a/..\\mine.yaml': /"\.\." in its path/,
  'file://*.yaml': /cannot have such a character/,
  'file://a&b.yaml': /cannot have such a character/,
  'npx://': /nothing behind/,
  'npx://../evil': /"\.\." in its path/,
  'npx://.hidden': /no name of an npm package/,
  'npx://-g': /no name of an npm package/,
  'npx://Upper': /no name of an npm package/,
  'npx://@scope': /no name of an npm package/,
  'npx://a/b/c': /no name of an npm package/,
  'npx://node_modules': /no name of an npm package/,
  'npx://pkg@': /no version, and no tag/,
  'npx://pkg@^1.0.0': /no version, and no tag/,
  'npx://pkg@file:../x': /"\.\." in its path|no version, and no tag/,
  'npx://pkg@https:': /no version, and no tag/,
  'uvx://-package': /no name of a package of PyPI/,
  'uvx://a/b': /no name of a package of PyPI/,
  'uvx://pkg==': /no version of a package/,
  'uvx://pkg==--index-url': /no version of a package/,
  'uvx://pkg=1': /no name of a package of PyPI/,
};

for (const [text, why] of Object.entries(refused)) {
  test(`${JSON.stringify(text)} is refused`, () => {
    const result = parseServerReference(text);
    assert.ok(!result.ok, JSON.stringify(result));
    assert.equal(result.problem.code, 'WHARF_SERVER_REFERENCE');
    assert.match(result.problem.message, why);
  });
}

test('what a shell would take apart, or a terminal obey, is refused in every form', () => {
  for (const form of ['catalog://mcp/catalog/a', 'docker://mcp/a', 'https://example.com/mcp', 'file://a.yaml', 'npx://a', 'uvx://a']) {
    for (const strange of [
      '$(id)',
      '`id`',
      ';id',
      '|id',
      '>x',
      '<x',
      '"',
      '${HOME}',
      '{a,b}',
      '\n',
      '\r',
      '\t',
      '\0',
      '\u001b[2J',
      '\u202e',
      '\u200b',
    ]) {
      const result = parseServerReference(form + strange);
      assert.ok(!result.ok, JSON.stringify(form + strange));
      assert.equal(result.problem.code, 'WHARF_SERVER_REFERENCE');
      // The message itself goes to a terminal.
      assert.doesNotMatch(result.problem.message, /[\p{Cc}\u202e\u200b]/u);
    }
  }
  assert.ok(!parseServerReference(`npx://${'a'.repeat(5_000)}`).ok);
});
