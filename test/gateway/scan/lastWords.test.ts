import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RedactedChannel } from '../../../src/gateway/scan/redactedChannel.ts';
import { Scanning } from '../../../src/gateway/scan/scanning.ts';
import { processChannel } from '../../../src/gateway/upstreams/processChannel.ts';
import { ScriptedServer } from '../../support/scriptedServer.ts';

const own = ['own', 'Secret', '77aa31'].join('-');

/** What is shown of a server that says this on its stdout and ends. */
async function shownOf(line: string): Promise<readonly string[]> {
  const scanning = new Scanning(() => undefined);
  scanning.add([{ name: 'OWN', value: own }]);
  const server = new ScriptedServer(() => undefined);
  const channel = new RedactedChannel(processChannel(server), (text) => scanning.redactText(text));
  const shown: string[] = [];
  channel.onJunk((text) => shown.push(text));
  server.say(`${line}\n`);
  server.end(1);
  return [...shown, (await channel.ended).lastOutput];
}

for (const cut of [8 * 1024, 32 * 1024, 64 * 1024]) {
  test(`no part of a secret is shown of a line that is cut within it, at ${cut}`, async () => {
    const words = 'word '.repeat(cut / 5).slice(0, cut - 10);
    for (const behind of ['', ' and more'.repeat(10_000)]) {
      const shown = await shownOf(`${words.slice(0, -1)} ${own}${behind}`);
      assert.ok(shown.every((text) => text.length > 100 && text.length <= 8 * 1024 && !text.includes(own.slice(0, 4))));
    }
  });
}

test('a line that is one long word is not shown beyond what is looked at', async () => {
  assert.deepEqual(await shownOf('x'.repeat(100_000)), ['', '']);
});
