import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { readPolicy } from '../../../src/core/provenance/policyReader.ts';
import { approvedSources, unapprovedServers, whyNotApproved } from '../../../src/node/catalogs/approved.ts';
import { addToCatalogue } from '../../../src/node/catalogs/editCatalogue.ts';
import { resolver } from '../../../src/node/catalogs/resolve.ts';
import { readStored } from '../../../src/node/catalogs/store.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { memoryRegistry } from '../registry/memoryRegistry.ts';
import { codeOf, documentServer, places, pull, putCatalogue, type DocumentServer } from './places.ts';

const catalogue = `displayName: Approved
registry:
  files:
    title: Files
    description: Reads files
    type: server
    image: mcp/files@sha256:${'1'.repeat(64)}
    command: [serve, "{{files.paths|volume-target|into}}"]
    volumes: ["{{files.paths|volume|into}}"]
    env: [{ name: MODE, value: safe, example: fast }]
    secrets: [{ name: files.token, env: TOKEN, example: abc }]
  notes:
    title: Notes
    type: remote
    remote: { url: https://notes.example/mcp, transport_type: streamable-http }
`;

interface Closed {
  readonly locations: Locations;
  readonly server: DocumentServer;
  readonly ref: string;
  /** Writes the policy of the user's own folder, which is read as that of the machine is. */
  readonly policy: (text: string) => string;
}

async function closed(t: TestContext): Promise<Closed> {
  const server = await documentServer(t, (_request, response) => response.end(catalogue));
  const locations = places(t);
  const ref = `${server.origin}/approved/catalog.yaml`;
  assert.ok((await pull(locations, ref)).ok);
  const file = join(locations.configFolder, 'policy.yaml');
  const policy = (text: string): string => {
    mkdirSync(locations.configFolder, { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  return { locations, server, ref, policy };
}

/** The refused servers, by their place in the profile. */
async function refusals(locations: Locations, profile: string): Promise<Readonly<Record<string, string>>> {
  const found = await unapprovedServers(locations, profile);
  assert.ok(found.ok, codeOf(found));
  return Object.fromEntries(found.value.flatMap((problem, index) => (problem === undefined ? [] : [[index, problem.message]])));
}

const image = `mcp/files@sha256:${'1'.repeat(64)}`;
const snapshot = `{ name: files, type: server, image: "${image}", command: [serve, "{{files.paths|volume-target|into}}"], volumes: ["{{files.paths|volume|into}}"], env: [{ name: MODE, value: safe }], secrets: [{ name: files.token, env: TOKEN }] }`;

function profile(...servers: readonly string[]): string {
  return `version: 1\nservers:\n${servers.map((server) => `  - ${server}\n`).join('')}`;
}

test('without a policy, or with one that says nothing of catalogues, every server may be used', async (t) => {
  const { locations, policy } = await closed(t);
  assert.deepEqual(await refusals(locations, profile('{ image: any/thing }')), {});
  policy('version: 1\nrequireDigest: true\n');
  assert.deepEqual(await refusals(locations, profile('{ image: any/thing }')), {});
});

test('with catalogs.only, just what an approved catalogue says may be started, lean or in full', async (t) => {
  const { locations, ref, server, policy } = await closed(t);
  const file = policy(`version: 1\ncatalogs:\n  only: ["${server.origin}/approved/*"]\n`);
  const good = profile(
    `{ catalog_ref: "${ref}", name: files, config: { paths: [/tmp] } }`,
    `{ type: image, image: "${image}", catalog_ref: "${ref}", wharf: { alias: second }, snapshot: { server: ${snapshot} } }`,
    '{ type: remote, endpoint: https://notes.example/mcp, wharf: { alias: third }, snapshot: { server: { name: notes, type: remote, remote: { url: https://notes.example/mcp, transport_type: streamable-http } } } }',
  );
  assert.deepEqual(await refusals(locations, good), {});
  for (const [entry, why] of [
    ['{ catalog_ref: other/catalog, name: files }', /other\/catalog:latest is not approved/],
    ['{ catalog_ref: builtin, name: demo }', /built-in list is no approved/],
    ['{ name: unknown, image: any/thing }', /no approved catalogue has a server of that name/],
    [`{ image: "${image}", name: files }`, /"command" is another/],
    [`{ catalog_ref: "${ref}", name: files, image: "mcp/files:other" }`, /"image" is another/],
    [`{ catalog_ref: "${ref}", name: files, env: [{ name: MODE, value: wild }] }`, /"env" is another/],
    [`{ catalog_ref: "${ref}", name: files, wharf: { native: { command: sh } } }`, /"wharf.native" is another/],
    [`{ image: "${image}", snapshot: { server: ${snapshot.replace('serve,', 'serve, --all,')} } }`, /"command" is another/],
    [
      `{ image: "${image}", snapshot: { server: ${snapshot.replace('|volume|into}}', '|volume|into}}", "/:/host')} } }`,
      /"volumes" is another/,
    ],
    [`{ image: "mcp/files:2", snapshot: { server: ${snapshot} } }`, /"image" is another/],
    [`{ image: "${image}", snapshot: { server: ${snapshot.replace('value: safe', 'value: wild')} } }`, /"env" is another/],
    [
      '{ endpoint: https://other.example/mcp, snapshot: { server: { name: notes, type: remote, remote: { url: https://notes.example/mcp, transport_type: streamable-http } } } }',
      /"remote" is another/,
    ],
  ] as const) {
    const [message = ''] = Object.values(await refusals(locations, profile(entry)));
    assert.match(message, why, entry);
  }
  const approval = await approvedSources(locations);
  assert.ok(approval.ok);
  const found = await resolver(locations)(`catalog://${server.host}/approved/catalog.yaml/*`);
  assert.ok(found.ok, codeOf(found));
  assert.deepEqual(
    found.value.map((one) => whyNotApproved(approval.value, one)),
    [undefined, undefined],
  );
  const refused = await resolver(locations)('https://other.example/mcp');
  assert.ok(!refused.ok);
  assert.equal(refused.problem.code, 'WHARF_SERVER_NOT_APPROVED');
  assert.ok(refused.problem.next.includes(file), 'it names who decides');
});

test('with catalogs.only, an entry may narrow what the catalogue says and give nothing that it does not', async (t) => {
  const hosted = `${catalogue}  hosted:
    type: server
    image: mcp/hosted:1
    user: "1000"
    allowHosts: [api.example:443, b.example:443]
`;
  const server = await documentServer(t, (_request, response) => response.end(hosted));
  const locations = places(t);
  const ref = `${server.origin}/approved/catalog.yaml`;
  assert.ok((await pull(locations, ref)).ok);
  mkdirSync(locations.configFolder, { recursive: true });
  writeFileSync(join(locations.configFolder, 'policy.yaml'), `version: 1\ncatalogs:\n  only: ["${server.origin}/approved/*"]\n`);
  const lean = (name: string, more: string) => profile(`{ catalog_ref: "${ref}", name: ${name}, ${more} }`);
  const full = (more: string) => profile(`{ type: image, image: "${image}", snapshot: { server: ${snapshot} }, ${more} }`);
  for (const good of [
    'disableNetwork: true',
    'tools: [read]',
    'secrets: default',
    'secrets: [{ name: files.token, env: TOKEN }]',
    'volumes: ["{{files.paths|volume|into}}"]',
    'allowHosts: [api.example:443], wharf: { privateHosts: [], network: declared }',
    'wharf: { alias: other, network: none, memory: 1g, share: session, mounts: [], writable: false }',
  ]) {
    assert.deepEqual(await refusals(locations, lean('files', good)), {}, good);
    assert.deepEqual(await refusals(locations, full(good)), {}, good);
  }
  const closedSnapshot = snapshot.replace('name: files,', 'name: files, disableNetwork: true,');
  assert.deepEqual(await refusals(locations, profile(`{ image: "${image}", snapshot: { server: ${closedSnapshot} } }`)), {});
  for (const good of [
    'allowHosts: [b.example:443]',
    'user: 1000',
    'wharf: { user: 1000, network: declared, privateHosts: [api.example:443] }',
  ]) {
    assert.deepEqual(await refusals(locations, lean('hosted', good)), {}, good);
  }
  for (const [more, why] of [
    ['secrets: [{ name: github.personal_access_token, env: MORE }]', /"secrets"/],
    ['secrets: [{ name: github.personal_access_token, env: TOKEN }]', /"secrets"/],
    ['oauth: { providers: [{ provider: x, secret: x.token, env: X }] }', /"oauth"/],
    ['volumes: ["/home/user:/h:rw"]', /"volumes"/],
    ['user: root', /"user"/],
    ['user: 0', /"user"/],
    ['allowHosts: ["db.internal:5432"]', /"allowHosts"/],
    ['headers: { A: b }', /"headers"/],
    ['extraHosts: ["a:1.2.3.4"]', /"extraHosts"/],
    ['wharf: { mounts: ["/:/h"] }', /"wharf.mounts"/],
    ['wharf: { capAdd: [NET_RAW] }', /"wharf.capAdd"/],
    ['wharf: { user: root }', /"wharf.user"/],
    ['wharf: { writable: true }', /"wharf.writable"/],
    ['wharf: { exec: [/tmp] }', /"wharf.exec"/],
    ['wharf: { privateHosts: ["a.example:443"] }', /"wharf.privateHosts"/],
  ] as const) {
    for (const text of [lean('files', more), full(more)]) {
      const [message = ''] = Object.values(await refusals(locations, text));
      assert.match(message, why, more);
    }
  }
  for (const [more, why] of [
    ['wharf: { network: open }', /"wharf.network"/],
    ['wharf: { network: learn }', /"wharf.network"/],
    ['allowHosts: [evil.example:443], wharf: { privateHosts: [] }', /"allowHosts"/],
    ['user: root', /"user"/],
  ] as const) {
    const [message = ''] = Object.values(await refusals(locations, lean('hosted', more)));
    assert.match(message, why, more);
  }
  const [message = ''] = Object.values(
    await refusals(
      locations,
      profile(
        '{ endpoint: https://notes.example/mcp, headers: { X-Other: y }, snapshot: { server: { name: notes, type: remote, remote: { url: https://notes.example/mcp, transport_type: streamable-http } } } }',
      ),
    ),
  );
  assert.match(message, /"headers"/);
});

test('with catalogs.only, the tools that a catalogue leaves out stay out', async (t) => {
  const { locations, policy } = await closed(t);
  const registry = await memoryRegistry(t);
  const one = '{"name":"one","type":"server","image":"mcp/one:1"}';
  putCatalogue(
    registry,
    '1',
    `{"title":"T","servers":[{"type":"image","image":"mcp/one:1","tools":["read"],"snapshot":{"server":${one}}}]}`,
  );
  const ref = `${registry.host}/team/server:1`;
  policy(`version: 1\ncatalogs:\n  only: ["${registry.host}/team/*"]\n`);
  const found = await resolver(locations)(`catalog://${ref}/one`);
  assert.ok(found.ok, codeOf(found));
  const refused = async (more: string) => Object.keys(await refusals(locations, profile(`{ ${more} }`))).length === 1;
  const full = `image: "mcp/one:1", snapshot: { server: ${one} }`;
  assert.deepEqual(
    [
      await refused(`catalog_ref: "${ref}", name: one`),
      await refused(`catalog_ref: "${ref}", name: one, tools: [read]`),
      await refused(`catalog_ref: "${ref}", name: one, tools: [read, write]`),
      await refused(`${full}, tools: [read]`),
      await refused(full),
    ],
    [false, false, true, false, true],
  );
});

test('a catalogue that was made or changed on this computer approves nothing, whatever it is called', async (t) => {
  const { locations, ref, server, policy } = await closed(t);
  policy(`version: 1\ncatalogs:\n  only: ["${server.origin}/approved/*"]\n`);
  const entry = await resolver(locations)(`catalog://${server.host}/approved/catalog.yaml/files`);
  assert.ok(entry.ok);
  assert.ok((await addToCatalogue(locations, ref, [], false)).ok);
  assert.deepEqual(Object.keys(await refusals(locations, profile(`{ catalog_ref: "${ref}", name: files }`))), ['0']);
  assert.ok((await pull(locations, server.origin.concat('/approved/catalog.yaml'))).ok);
  assert.deepEqual(await refusals(locations, profile(`{ catalog_ref: "${ref}", name: files }`)), {});
  // The same bytes under another name are another catalogue.
  assert.ok((await pull(locations, ref, 'approved/catalog:1')).ok);
  assert.deepEqual(Object.keys(await refusals(locations, profile('{ catalog_ref: "approved/catalog:1", name: files }'))), ['0']);
});

test('an approved catalogue of a registry is pulled for a reference, and of another one nothing is asked', async (t) => {
  const { locations, policy } = await closed(t);
  const [ours, theirs] = [await memoryRegistry(t), await memoryRegistry(t)];
  const payload =
    '{"title":"T","servers":[{"type":"image","image":"mcp/one:1","snapshot":{"server":{"name":"one","type":"server","image":"mcp/one:1"}}}]}';
  putCatalogue(ours, '1', payload);
  putCatalogue(theirs, '1', payload);
  policy(`version: 1\ncatalogs:\n  only: ["${ours.host}/team/*"]\n`);
  const found = await resolver(locations)(`catalog://${ours.host}/team/server:1/one`);
  assert.ok(found.ok, codeOf(found));
  assert.equal(codeOf(await resolver(locations)(`catalog://${theirs.host}/team/server:1/one`)), 'WHARF_SERVER_NOT_APPROVED');
  assert.deepEqual(theirs.lines(), []);
  // What it says is approved whoever names it, and nothing else is.
  assert.deepEqual(
    await refusals(locations, profile('{ image: "mcp/one:1", snapshot: { server: { name: one, type: server, image: "mcp/one:1" } } }')),
    {},
  );
});

test('a digest approves one content alone, and the file does not get to say its own', async (t) => {
  const { locations, ref, policy } = await closed(t);
  const stored = await readStored(locations, ref);
  assert.ok(stored.ok && stored.value !== null);
  const { digest } = stored.value.header;
  const lean = profile(`{ catalog_ref: "${ref}", name: files }`);
  const only = (wanted: string): string =>
    policy(`version: 1\ncatalogs:\n  only:\n    - match: "${ref}"\n      digests: ["sha256:${wanted}"]\n`);
  only(digest);
  assert.deepEqual(await refusals(locations, lean), {});
  only('0'.repeat(64));
  assert.deepEqual(Object.keys(await refusals(locations, lean)), ['0']);
  only(digest);
  writeFileSync(stored.value.file.path, stored.value.file.text.replaceAll('mcp/files@', 'evil/files@'));
  assert.deepEqual(Object.keys(await refusals(locations, lean)), ['0']);
});

test('a policy that is not understood approves nothing, and its place is said', async (t) => {
  const { locations, policy } = await closed(t);
  for (const [text, line] of [
    ['version: 1\ncatalogs: []\n', 2],
    ['version: 1\ncatalogs: {}\n', 2],
    ['version: 1\ncatalogs:\n  only:\n', 3],
    ['version: 1\ncatalogs:\n  except: [a]\n', 3],
    ['version: 1\ncatalogs:\n  only: ["a b"]\n', 3],
    ['version: 1\ncatalogs:\n  only: ["**/**/**/**"]\n', 3],
    ['version: 1\ncatalogs:\n  only: [{ digests: [] }]\n', 3],
    ['version: 1\ncatalogs:\n  only: [{ match: a/b, digests: [abc] }]\n', 3],
  ] as const) {
    const file = policy(text);
    const found = await unapprovedServers(locations, profile('{ image: any/thing }'));
    assert.ok(!found.ok, text);
    assert.deepEqual([found.problem.code, found.problem.place?.file, found.problem.place?.line], ['WHARF_POLICY_BROKEN', file, line], text);
  }
  const only = readPolicy(
    'version: 1\ncatalogs:\n  only: [mcp/docker-mcp-catalog, ghcr.io/acme/*, builtin, registry.example]\n',
    'p',
    'machine',
  );
  assert.ok(only.ok);
  assert.deepEqual(
    only.value.catalogs?.map(({ text }) => text),
    ['docker.io/mcp/docker-mcp-catalog', 'ghcr.io/acme/*', 'builtin', 'registry.example'],
  );
  policy('version: 1\ncatalogs:\n  only: []\n');
  assert.deepEqual(Object.keys(await refusals(locations, profile('{ name: x, image: any/thing }'))), ['0'], 'an empty list approves none');
});
