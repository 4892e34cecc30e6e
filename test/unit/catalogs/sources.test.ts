import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readStored } from '../../../src/node/catalogs/store.ts';
import { until } from '../../support/until.ts';
import { sharedData } from '../../support/sharedData.ts';
import { temporaryFolder } from '../node/folders.ts';
import { codeOf, documentServer, legacy, places, pull, storedNames } from './places.ts';

test('a catalogue at an address is kept, and asked for again only where it changed', async (t) => {
  let text = legacy('one');
  const server = await documentServer(t, (request, response) => {
    const etag = `"${text.length}"`;
    const isKnown = request.headers['if-none-match'] === etag;
    response.writeHead(isKnown ? 304 : 200, { etag }).end(isKnown ? undefined : text);
  });
  const locations = places(t);
  const address = `${server.origin}/catalog.yaml`;
  const first = await pull(locations, address);
  assert.ok(first.ok, codeOf(first));
  assert.deepEqual(
    [first.value.was, first.value.header.title, first.value.header.source, first.value.header.entries],
    ['new', 'Test Catalog', `legacy-catalog:${address}`, 1],
  );
  const second = await pull(locations, address);
  assert.ok(second.ok && second.value.was === 'same' && (second.value.header.checkedAt ?? '') >= (first.value.header.checkedAt ?? ''));
  text = legacy('one', 'two');
  const third = await pull(locations, address);
  assert.ok(third.ok && third.value.was === 'replaced' && third.value.header.entries === 2);
  // Under another name it still comes from there.
  assert.ok((await pull(locations, address, 'team/mirror:1')).ok);
  text = legacy('three');
  const mirror = await pull(locations, 'team/mirror:1');
  assert.ok(mirror.ok && mirror.value.header.entries === 1 && mirror.value.header.source === `legacy-catalog:${address}`);
});

test('where nothing can be fetched the older one stays, and says how old it is', async (t) => {
  let status = 200;
  const server = await documentServer(t, (_request, response) => response.writeHead(status).end(status === 200 ? legacy('one') : 'no'));
  const locations = places(t);
  const address = `${server.origin}/catalog.yaml`;
  const first = await pull(locations, address);
  assert.ok(first.ok);
  for (status of [401, 403, 404, 429, 500, 503]) {
    const before = server.asked.length;
    const failed = await pull(locations, address);
    assert.equal(codeOf(failed), 'WHARF_CATALOG_FETCH', String(status));
    assert.equal(server.asked.length - before, status === 429 || status >= 500 ? 3 : 1, `${status} is asked again, or not`);
  }
  const stored = await readStored(locations, address);
  assert.ok(stored.ok && stored.value?.header.checkedAt === first.value.header.checkedAt);
});

test('what is busy is asked again when it says so, and not for longer than anybody waits', async (t) => {
  const server = await documentServer(t, (_request, response, count) => {
    response.writeHead(count === 1 ? 429 : 200, count === 1 ? { 'retry-after': '0' } : {}).end(count === 1 ? '' : legacy('one'));
  });
  assert.ok((await pull(places(t), `${server.origin}/c.yaml`)).ok);
  const patient = await documentServer(t, (_request, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
  assert.equal(codeOf(await pull(places(t), `${patient.origin}/c.yaml`)), 'WHARF_CATALOG_FETCH');
  assert.equal(patient.asked.length, 1);
});

test('a server that hangs, breaks off, or sends without an end, is left, and nothing is written', async (t) => {
  const locations = places(t);
  const hanging = await documentServer(t, (_request, response) => void response.write('version: 3'));
  assert.equal(codeOf(await pull(locations, `${hanging.origin}/c.yaml`, undefined, { patienceMs: 200 })), 'WHARF_CATALOG_FETCH');
  const breaking = await documentServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('version: 3');
    response.destroy();
  });
  assert.equal(codeOf(await pull(locations, `${breaking.origin}/c.yaml`)), 'WHARF_CATALOG_FETCH');
  const said = await documentServer(t, (_request, response) => response.writeHead(200, { 'content-length': String(50 * 1024 ** 2) }).end());
  assert.equal(codeOf(await pull(locations, `${said.origin}/c.yaml`)), 'WHARF_CATALOG_TOO_LARGE');
  let sent = 0;
  const endless = await documentServer(t, (_request, response) => {
    const chunk = Buffer.alloc(1024 ** 2, 0x20);
    const more = (): void => {
      while (sent < 60 && response.write(chunk)) {
        sent += 1;
      }
      if (sent < 60) {
        sent += 1;
        response.once('drain', more);
      }
    };
    more();
  });
  assert.equal(codeOf(await pull(locations, `${endless.origin}/c.yaml`)), 'WHARF_CATALOG_TOO_LARGE');
  assert.ok(sent < 60, 'it was let go of before its end');
  const packed = await documentServer(t, (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
  assert.equal(codeOf(await pull(locations, `${packed.origin}/c.yaml`)), 'WHARF_CATALOG_FETCH');
  assert.deepEqual(storedNames(locations), []);
});

test('Ctrl-C ends a pull at once', async (t) => {
  const locations = places(t);
  const cancel = new AbortController();
  const server = await documentServer(t, (_request, response) => void response.write('version: 3'));
  const pulling = pull(locations, `${server.origin}/c.yaml`, undefined, { signal: cancel.signal });
  await until(() => server.asked.length === 1, { what: 'the server to be asked' });
  cancel.abort();
  assert.equal(codeOf(await pulling), 'WHARF_CATALOG_CANCELLED');
  assert.deepEqual(storedNames(locations), []);
});

test('a redirect is followed to the same kind of place, and never out of TLS, to a file, or into this network', async (t) => {
  const locations = places(t);
  const target = await documentServer(t, (_request, response) => response.writeHead(200).end(legacy('one')));
  let location = `${target.origin}/moved.yaml`;
  const server = await documentServer(t, (_request, response) => response.writeHead(302, { location }).end());
  assert.ok((await pull(locations, `${server.origin}/c.yaml`)).ok);
  for (location of [
    'file:///etc/passwd',
    'http://catalog.example/c.yaml',
    'https://ada:secret@catalog.example/c.yaml',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:169.254.169.254]/',
    'data:text/plain,version: 3',
    `${server.origin}/again.yaml`,
  ]) {
    assert.equal(codeOf(await pull(locations, `${server.origin}/other.yaml`)), 'WHARF_CATALOG_FETCH', location);
  }
  assert.equal(storedNames(locations).length, 1);
});

test('what is no catalogue, or makes readers explode, is refused with its place, and nothing is written', async (t) => {
  const locations = places(t);
  const folder = temporaryFolder(t);
  const path = join(folder, 'c.yaml');
  const bomb = `a: &a [x, x]\n${'bcdefghijk'
    .split('')
    .map((name, index) => `${name}: &${name} [${'*'.concat('abcdefghij'[index] ?? 'a', ', ').repeat(30)}]\n`)
    .join('')}registry: {}\n`;
  for (const [text, code] of [
    ['registry: [', 'WHARF_CATALOG_SYNTAX'],
    ['just text', 'WHARF_CATALOG_SHAPE'],
    [bomb, 'WHARF_CATALOG_SYNTAX'],
    ['['.repeat(100_000), 'WHARF_CATALOG_SYNTAX'],
    ['registry: {}\n', 'WHARF_CATALOG_EMPTY'],
    ['registry:\n  "a;b": { image: x }\n', 'WHARF_CATALOG_EMPTY'],
  ] as const) {
    writeFileSync(path, text);
    assert.equal(codeOf(await pull(locations, path)), code, text.slice(0, 40));
  }
  writeFileSync(path, `${legacy('one')}# ${'x'.repeat(50 * 1024 ** 2)}`);
  const large = await pull(locations, path);
  assert.ok(!large.ok && ['WHARF_CATALOG_TOO_LARGE', 'WHARF_FILE_UNREADABLE'].includes(large.problem.code), codeOf(large));
  assert.equal(codeOf(await pull(locations, join(folder, 'none.yaml'))), 'WHARF_CATALOG_FETCH');
  assert.deepEqual(storedNames(locations), []);
});

test('an entry that cannot be used is left out by name, and the others are kept', async (t) => {
  const locations = places(t);
  const path = join(temporaryFolder(t), 'c.yaml');
  writeFileSync(path, `${legacy('one')}  bad:\n    type: server\n    image: "not an image"\n`);
  const kept = await pull(locations, path);
  assert.ok(kept.ok);
  assert.deepEqual([kept.value.header.entries, kept.value.header.skipped.map(({ name }) => name)], [1, ['bad']]);
});

test('a checkout of the registry gives every server with its tools, and no link leads out of it', async (t) => {
  const data = sharedData(t, 'mcp-registry');
  if (data === undefined) {
    return;
  }
  const locations = places(t);
  const whole = await pull(locations, data);
  assert.ok(whole.ok && whole.value.header.entries === 328 && whole.value.header.skipped.length === 0, codeOf(whole));

  const folder = temporaryFolder(t);
  const outside = join(folder, 'outside.yaml');
  writeFileSync(outside, 'name: evil\nimage: mcp/evil\ntype: server\nabout: { title: Evil }\n');
  for (const name of ['good', 'evil']) {
    mkdirSync(join(folder, 'checkout', 'servers', name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'checkout', 'servers', 'good', 'server.yaml'),
    'name: good\nimage: mcp/good\ntype: server\nabout: { title: Good }\n',
  );
  writeFileSync(join(folder, 'checkout', 'servers', 'good', 'tools.json'), '[{"name":"look","description":"Looks."}]');
  symlinkSync(outside, join(folder, 'checkout', 'servers', 'evil', 'server.yaml'));
  const kept = await pull(locations, join(folder, 'checkout'));
  assert.ok(kept.ok, codeOf(kept));
  assert.deepEqual(
    kept.value.header.skipped.map(({ name }) => name),
    ['evil'],
  );
  const stored = await readStored(locations, join(folder, 'checkout'));
  assert.ok(stored.ok && stored.value !== null);
  assert.match(stored.value.payload, /"name":"good".*"tools":\[\{"name":"look","description":"Looks\."/);
  rmSync(join(folder, 'checkout', 'servers'), { recursive: true });
  assert.equal(codeOf(await pull(locations, join(folder, 'checkout'))), 'WHARF_CATALOG_FETCH');
});

function registryServer(name: string, version = '1.2.0'): object {
  return {
    server: {
      name,
      description: `Does ${name}`,
      version,
      remotes: [{ type: 'streamable-http', url: `https://${name.split('/')[1] ?? 'x'}.example/mcp` }],
    },
  };
}

test('a community registry is read page by page; a page that leads back, or never ends, is refused', async (t) => {
  const locations = places(t);
  const server = await documentServer(t, ({ url = '' }, response) => {
    const cursor = new URL(url, 'http://x').searchParams.get('cursor');
    const page =
      cursor === null
        ? { servers: [registryServer('io.test/one')], metadata: { nextCursor: 'second page' } }
        : { servers: [registryServer('io.test/two')] };
    response.writeHead(200).end(JSON.stringify(page));
  });
  const progress: string[] = [];
  const kept = await pull(locations, server.host, 'team/community:1', { onProgress: (words: string) => progress.push(words) });
  assert.ok(kept.ok, codeOf(kept));
  assert.deepEqual([kept.value.header.entries, kept.value.header.source, progress.length], [2, `registry:${server.host}`, 2]);
  assert.match(server.asked[0]?.url ?? '', /^\/v0\/servers\?limit=100&version=latest$/);

  const circle = await documentServer(t, (_request, response, count) => {
    response.writeHead(200).end(JSON.stringify({ servers: [registryServer(`io.test/s${count}`)], metadata: { nextCursor: 'same' } }));
  });
  assert.equal(codeOf(await pull(locations, circle.host)), 'WHARF_CATALOG_FETCH');
  assert.ok(circle.asked.length <= 3);
  const endless = await documentServer(t, (_request, response, count) => {
    response.writeHead(200).end(JSON.stringify({ servers: [], metadata: { nextCursor: `p${count}` } }));
  });
  assert.equal(codeOf(await pull(locations, endless.host)), 'WHARF_CATALOG_TOO_LARGE');
  const none = await documentServer(t, (_request, response) => response.writeHead(404).end());
  assert.equal(codeOf(await pull(locations, none.host)), 'WHARF_CATALOG_FETCH');
  assert.equal(storedNames(locations).length, 1);
});
