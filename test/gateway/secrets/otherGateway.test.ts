import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { HttpClient, startHttpGateway } from '../../support/httpGateway.ts';
import { makeHome, type WharfHome } from '../../support/wharfHome.ts';

const passphrase = ['correct', 'horse', 'battery'].join(' ');

/** Ends at once; it is what its gateway says of it that counts. */
const native = JSON.stringify({ command: process.execPath, args: ['-e', 'process.exit(3)'], env: { TOKEN: 'secret://needed' } });
const profile = `version: 1\nservers:\n  - { catalog_ref: builtin, name: demo }\n  - { name: keyed, wharf: { native: ${native} } }\n`;

/** A home with a profile of two servers, of which one wants a secret. */
async function homeWithKeyed(t: TestContext): Promise<WharfHome> {
  const home = await makeHome(t);
  await home.addProfile('dev', profile);
  return home;
}

async function over(transport: 'stdio' | 'http', t: TestContext, home: WharfHome): Promise<string> {
  const call = { name: 'keyed_tool', arguments: {} };
  if (transport === 'http') {
    const client = new HttpClient(await startHttpGateway(t, home, ['dev']));
    await client.initialize();
    return client.request('tools/call', call);
  }
  const client = await home.gateway(['--profile', 'dev', '--no-daemon']);
  await client.initialize();
  return JSON.stringify(await client.request('tools/call', call));
}

for (const transport of ['stdio', 'http'] as const) {
  test(`over ${transport} the call of a tool that nobody is known to offer tells which secret a server is missing`, async (t) => {
    const home = await homeWithKeyed(t);
    const made = await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')]);
    assert.equal(made.code, 0, made.stderr);
    const answer = await over(transport, t, home);
    assert.match(answer, /WHARF_TOOL_UNKNOWN/);
    assert.match(
      answer,
      /The server \\"keyed\\" is not started.*no secret \\+"needed\\+".*WHARF_SECRET_FOR_SERVER.*wharf secret set needed/s,
    );
  });

  test(`a gateway of its own over ${transport} says how it gets the passphrase, and gets it that way`, async (t) => {
    const home = await homeWithKeyed(t);
    const made = await home.wharf(['secret', 'init', '--passphrase'], {}, `${passphrase}\n`);
    assert.equal(made.code, 0, made.stderr);
    assert.equal((await home.wharf(['secret', 'set', 'needed'], {}, 'x')).code, 0);
    const answer = await over(transport, t, home);
    assert.match(answer, /The vault is locked.*does not reach it.*WHARF_VAULT_PASSPHRASE_FILE=FILE/s);
    assert.doesNotMatch(answer, /Run \\"wharf secret unlock/);
    if (transport === 'stdio') {
      const file = join(home.home, 'passphrase');
      writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
      const client = await home.gateway(['--profile', 'dev', '--no-daemon'], { env: { WHARF_VAULT_PASSPHRASE_FILE: file } });
      await client.initialize();
      const reply = JSON.stringify(await client.request('tools/call', { name: 'keyed_tool', arguments: {} }));
      assert.doesNotMatch(reply, /The vault is locked/);
    }
  });
}
