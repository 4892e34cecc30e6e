import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findEndpoint, type DockerEndpoint } from '../../../src/docker/endpoint.ts';

const nobody = '/nonexistent/home';
const platformDefault = { url: 'unix:///var/run/docker.sock', options: { socketPath: '/var/run/docker.sock' } };

/** Without the folder of the configuration, which a test of its own looks at. */
function find(...[env, home]: Parameters<typeof findEndpoint>): Omit<DockerEndpoint, 'configFolder'> {
  const { configFolder: _folder, ...address } = findEndpoint(env, home);
  return address;
}

async function homeFolder(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'wharf-endpoint-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** A Docker context as the docker command stores it. */
async function addContext(
  configFolder: string,
  name: string,
  host: string,
  certificates: Readonly<Record<string, string>> = {},
): Promise<void> {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = join(configFolder, 'contexts', 'meta', id);
  await mkdir(meta, { recursive: true });
  await writeFile(
    join(meta, 'meta.json'),
    JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: { Host: host, SkipTLSVerify: false } } }),
  );
  const tls = join(configFolder, 'contexts', 'tls', id, 'docker');
  await mkdir(tls, { recursive: true });
  for (const [file, text] of Object.entries(certificates)) {
    await writeFile(join(tls, file), text);
  }
}

const forms: readonly (readonly [host: string, options: Readonly<Record<string, unknown>>])[] = [
  ['unix:///run/user/1000/docker.sock', { socketPath: '/run/user/1000/docker.sock' }],
  ['npipe:////./pipe/docker_engine', { socketPath: '//./pipe/docker_engine' }],
  ['tcp://10.0.0.7:2375', { protocol: 'http', host: '10.0.0.7', port: '2375' }],
  ['tcp://build.example', { protocol: 'http', host: 'build.example', port: 2375 }],
  ['build.example:4000', { protocol: 'http', host: 'build.example', port: '4000' }],
  ['tcp://[::1]:2375', { protocol: 'http', host: '::1', port: '2375' }],
  ['tcp://:2375', { protocol: 'http', host: 'localhost', port: '2375' }],
  ['tcp://', { protocol: 'http', host: 'localhost', port: 2375 }],
  ['http://build.example:80', { protocol: 'http', host: 'build.example', port: 80 }],
  ['https://build.example', { protocol: 'https', host: 'build.example', port: 443 }],
  ['ssh://me@build.example', { protocol: 'ssh', host: 'build.example', port: 22, username: 'me', sshOptions: { agent: '/agent' } }],
  ['ssh://build.example:2222', { protocol: 'ssh', host: 'build.example', port: '2222', username: 'ada', sshOptions: { agent: '/agent' } }],
];

for (const [host, options] of forms) {
  test(`DOCKER_HOST=${host} is understood`, () => {
    assert.deepEqual(find({ DOCKER_HOST: host, USER: 'ada', SSH_AUTH_SOCK: '/agent' }, nobody), { url: host, options });
  });
}

test('without anything said it is the default of the platform', () => {
  for (const env of [
    {},
    { DOCKER_HOST: '' },
    { DOCKER_HOST: 'unix://' },
    { DOCKER_CONTEXT: '' },
    { DOCKER_CONTEXT: 'default' },
    { DOCKER_CONFIG: '' },
  ]) {
    assert.deepEqual(find(env, nobody), platformDefault);
  }
});

test('an address that is none becomes an engine that cannot answer, and nothing is thrown', () => {
  for (const host of ['not an address', 'tcp://[::1', 'tcp://a b']) {
    const { url, options } = findEndpoint({ DOCKER_HOST: host }, nobody);
    assert.equal(url, host);
    assert.equal(options['socketPath'], undefined);
    assert.equal(options['host'], host);
  }
});

test('DOCKER_TLS_VERIFY takes the certificates of DOCKER_CERT_PATH, else of the configuration folder', async (t) => {
  const home = await homeFolder(t);
  for (const folder of [join(home, 'certs'), join(home, '.docker')]) {
    await mkdir(folder, { recursive: true });
    for (const name of ['ca', 'cert', 'key']) {
      await writeFile(join(folder, `${name}.pem`), `${name} of ${folder}`);
    }
  }
  const env = { DOCKER_HOST: 'tcp://build.example:2376', DOCKER_TLS_VERIFY: '1' };
  for (const [more, folder] of [
    [{ DOCKER_CERT_PATH: join(home, 'certs') }, join(home, 'certs')],
    [{ DOCKER_CERT_PATH: '' }, join(home, '.docker')],
  ] as const) {
    assert.deepEqual(find({ ...env, ...more }, home).options, {
      protocol: 'https',
      host: 'build.example',
      port: '2376',
      ca: `ca of ${folder}`,
      cert: `cert of ${folder}`,
      key: `key of ${folder}`,
    });
  }
  assert.equal(findEndpoint({ DOCKER_HOST: 'tcp://build.example', DOCKER_TLS_VERIFY: '1' }, home).options['port'], 2376);
});

test('the current context is used, DOCKER_CONTEXT goes before it, and DOCKER_HOST before both', async (t) => {
  const home = await homeFolder(t);
  const config = join(home, '.docker');
  await addContext(config, 'rootless', 'unix:///run/user/1000/docker.sock');
  await addContext(config, 'colima', 'unix:///colima.sock');
  await writeFile(join(config, 'config.json'), '{"currentContext":"rootless"}');
  assert.equal(findEndpoint({}, home).url, 'unix:///run/user/1000/docker.sock');
  assert.equal(findEndpoint({ DOCKER_CONTEXT: '' }, home).url, 'unix:///run/user/1000/docker.sock');
  assert.equal(findEndpoint({ DOCKER_CONTEXT: 'colima' }, home).url, 'unix:///colima.sock');
  assert.equal(findEndpoint({ DOCKER_CONTEXT: 'default' }, home).url, platformDefault.url);
  assert.equal(findEndpoint({ DOCKER_CONTEXT: 'colima', DOCKER_HOST: 'tcp://h:1' }, home).url, 'tcp://h:1');
  assert.equal(findEndpoint({ DOCKER_CONFIG: config }, nobody).url, 'unix:///run/user/1000/docker.sock');
});

test("a context's certificates are used", async (t) => {
  const home = await homeFolder(t);
  await addContext(join(home, '.docker'), 'far', 'tcp://build.example:2376', { 'ca.pem': 'A', 'cert.pem': 'B', 'key.pem': 'C' });
  assert.deepEqual(find({ DOCKER_CONTEXT: 'far' }, home).options, {
    protocol: 'https',
    host: 'build.example',
    port: '2376',
    ca: 'A',
    cert: 'B',
    key: 'C',
  });
});

test('a context that is not there is never replaced by another engine', async (t) => {
  const home = await homeFolder(t);
  const { url, options } = findEndpoint({ DOCKER_CONTEXT: 'gone' }, home);
  assert.match(url, /^the context "gone", which .* does not have$/);
  assert.notEqual(options['socketPath'], platformDefault.options.socketPath);
});

test('a configuration file that is broken counts as none', async (t) => {
  const home = await homeFolder(t);
  await mkdir(join(home, '.docker'));
  await writeFile(join(home, '.docker', 'config.json'), '{"currentContext":');
  assert.deepEqual(find({}, home), platformDefault);
});

test("the folder of docker's own configuration is DOCKER_CONFIG, else in the home folder", () => {
  assert.equal(findEndpoint({ DOCKER_CONFIG: '/etc/docker-config', DOCKER_HOST: 'tcp://h:1' }, nobody).configFolder, '/etc/docker-config');
  assert.equal(findEndpoint({ DOCKER_CONFIG: '' }, nobody).configFolder, join(nobody, '.docker'));
});
