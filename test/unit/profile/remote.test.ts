import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import type { RemoteServer } from '../../../src/core/profile/profile.ts';
import { isOnThisComputer, parseRemoteAddress, remoteHost } from '../../../src/core/profile/remoteAddress.ts';
import { sharedData } from '../../support/sharedData.ts';
import { readEntry, refusalOf, serverOf } from './entries.ts';

function remoteOf(entry: object): RemoteServer {
  const server = serverOf(entry);
  assert.ok(server.kind === 'remote');
  return server;
}

/** Docker's full form: the address twice. */
function docker(remote: object, more: object = {}): object {
  return { type: 'remote', endpoint: 'https://mcp.x.example/mcp', snapshot: { server: { name: 'x', type: 'remote', remote, ...more } } };
}

test('a lean remote server is an address and nothing more', () => {
  const { kind, name, url, transport, headers, tools } = remoteOf({ endpoint: 'https://mcp.context7.com/mcp' });
  assert.deepEqual(
    { kind, name, url, transport, headers, tools },
    { kind: 'remote', name: 'context7', url: 'https://mcp.context7.com/mcp', transport: 'streamable', headers: {}, tools: null },
  );
});

test('its name comes from the entry, else from the host', () => {
  for (const [endpoint, name] of [
    ['https://ai-gateway.mcp.cloudflare.com/sse', 'ai-gateway-cloudflare'],
    ['https://huggingface.co/mcp', 'huggingface'],
    ['https://mcp.com', 'mcp'],
    ['http://127.0.0.1:3000/mcp', 'localhost'],
    ['http://[::1]/mcp', 'localhost'],
    ['https://10.0.0.7/mcp', '10-0-0-7'],
    ['https://[fd00::7]:8443/mcp', 'fd00-7'],
    ['https://intranet/mcp', 'intranet'],
  ] as const) {
    assert.equal(remoteOf({ endpoint }).name, name);
  }
  assert.equal(remoteOf({ endpoint: 'https://mcp.x.example', name: 'own' }).name, 'own');
});

test("Docker's form is read: transport, headers, and the snapshot's name", () => {
  const server = remoteOf(
    docker({ url: 'https://MCP.x.example:443/mcp', transport_type: 'streamable-http', headers: { 'X-Team': 'core', 'X-N': 5 } }),
  );
  assert.deepEqual([server.name, server.transport, server.headers], ['x', 'streamable', { 'X-Team': 'core', 'X-N': '5' }]);
  for (const [transport_type, transport] of [
    ['sse', 'sse'],
    ['http', 'streamable'],
    ['streaming', 'streamable'],
    ['streamable', 'streamable'],
    ['', 'streamable'],
  ] as const) {
    assert.equal(remoteOf(docker({ transport_type })).transport, transport);
  }
  assert.match(refusalOf(docker({ transport_type: 'websocket' }), '"websocket"'), /transport "websocket" is not known/);
});

test('headers of a lean entry stand beside the address, and go before those of the snapshot whatever their case', () => {
  const snapshot = { server: { remote: { headers: { 'x-team': 'theirs', 'X-Other': 'o' } } } };
  const { headers } = remoteOf({ endpoint: 'https://x.example', headers: { 'X-Team': 'ours' }, snapshot });
  assert.deepEqual(headers, { 'X-Team': 'ours', 'X-Other': 'o' });
});

test('addresses that hide something, or send in clear, are refused without being repeated', () => {
  for (const [endpoint, words] of [
    ['http://mcp.example.com/mcp', /needs https/],
    ['http://localhost.example.com/mcp', /needs https/],
    ['http://10.0.0.1/mcp', /needs https/],
    ['ws://localhost/mcp', /needs https/],
    ['https://user:geheim@mcp.example.com/mcp', /carries a user name or a password/],
    ['https://geheim@mcp.example.com', /carries a user name or a password/],
    ['https://good.example\\@evil.example/', /plain address|user name/],
    ['https://mcp.example.com/${TOKEN}', /template or a "\$"/],
    ['https://mcp.example.com/?key={{x.key}}', /template or a "\$"/],
    ['https://mcp.example.com/#geheim', /plain address/],
    ['https://mcp.example.com/a b', /plain address/],
    ['https://mcp.example.com:99999/', /plain address/],
    ['https://mcp.example.com.', /plain address/],
    ['https://mcp..com', /plain address/],
    ['https://еxample.com/mcp', /plain address/],
    ['https://2130706433/', /plain address/],
    ['https://0x7f.1/', /plain address/],
    ['http://127.1/', /plain address/],
    ['https://', /plain address/],
    ['mcp.example.com', /plain address/],
    ['file:///etc/passwd', /plain address/],
  ] as const) {
    const message = refusalOf({ endpoint }, JSON.stringify(endpoint));
    assert.match(message, words, endpoint);
    assert.doesNotMatch(message, /geheim/);
  }
});

test('what is taken for an address means the same host and path to every reader', () => {
  for (const url of [
    'https://mcp.example.com/mcp',
    'https://MCP.Example.com:443',
    'https://x.example:8443/a/b?c=d&e=%20',
    'https://x.example?c=/d',
    'http://LOCALHOST:80/sse/',
    'http://127.0.0.5:3000/mcp',
    'http://[::1]:9/x',
    'https://1.2.3.4/',
  ]) {
    const read = parseRemoteAddress(url);
    assert.ok(read.kind === 'address', url);
    const other = new URL(url);
    assert.deepEqual([`${read.scheme}:`, read.host, read.path], [other.protocol, other.host, `${other.pathname}${other.search}`], url);
  }
  assert.deepEqual([remoteHost('https://Mcp.Example.com/mcp?x'), remoteHost('http://localhost:80/')], ['mcp.example.com', 'localhost']);
  assert.deepEqual([isOnThisComputer('http://[::1]:9/x'), isOnThisComputer('https://localhost.example.com')], [true, false]);
});

test('headers that need a secret, break the line or belong to the gateway are refused at their place', () => {
  for (const [headers, at, words] of [
    [{ Authorization: 'Bearer ${TOKEN}' }, '"Bearer', /header "Authorization" has a template or a "\$"/],
    [{ 'X-A': '{{x.a}}' }, '"{{', /template/],
    [{ 'X-A': 'a\r\nX-B: b' }, '"a', /line break/],
    [{ 'X-A': 'ä' }, '"ä', /cannot carry/],
    [{ 'X-A': ['a'] }, '["a', /not a text/],
    [{ 'X A': 'a' }, '"X A', /not a name of a header/],
    [{ 'X-A\n': 'a' }, '"X-A', /not a name of a header/],
    [{ Host: 'evil.example' }, '"Host', /set by the gateway itself/],
    [{ 'mcp-session-id': '1' }, '"mcp-session-id', /set by the gateway itself/],
  ] as const) {
    assert.match(refusalOf(docker({ headers }), at), words);
  }
  assert.match(refusalOf(docker({ headers: [] }), '[]'), /"headers" is not a map/);
});

test('an entry that shows one address and names another inside is refused', () => {
  assert.match(refusalOf(docker({ url: 'https://evil.example/mcp' }), '"https://evil'), /another address/);
  assert.match(refusalOf(docker({ url: 'https://mcp.x.example/mcp/' })), /another address/);
  assert.equal(remoteOf(docker({ url: '' })).url, 'https://mcp.x.example/mcp');
});

test('what it needs and this version cannot grant, and a closed network, are refused', () => {
  assert.match(refusalOf(docker({}, { extraHosts: ['a:1.2.3.4'] })), /which this version cannot grant yet/);
  assert.match(refusalOf(docker({}, { disableNetwork: true }), 'true'), /may not use the network/);
});

test("every remote server of Docker's catalogue is read with its secrets and the transport that the catalogue says", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  type Entry = { type: string; remote: { url: string; transport_type: string; headers?: object }; secrets?: unknown[]; oauth?: object };
  const catalogue = parse(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8')) as { registry: Record<string, Entry> };
  const remotes = Object.entries(catalogue.registry).filter(([, { type }]) => type === 'remote');
  assert.equal(remotes.length, 76);
  for (const [name, server] of remotes) {
    const endpoint = server.remote.url;
    const full = readEntry({ type: 'remote', endpoint, snapshot: { server: { name, ...server } } });
    assert.ok(full.ok, full.ok ? name : `${name}: ${full.problem.message}`);
    const lean = remoteOf({ endpoint });
    assert.equal(lean.transport, server.remote.transport_type === 'sse' ? 'sse' : 'streamable', name);
  }
});
