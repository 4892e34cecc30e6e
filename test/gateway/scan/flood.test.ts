import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Scanning } from '../../../src/gateway/scan/scanning.ts';
import { soundServer } from '../../support/scriptedServer.ts';
import { TestSession } from '../../support/testSession.ts';

const prefix = ['glp', 'at-'].join('');

test('an answer that is made to look like secrets all over is withheld, and holds up nobody', async () => {
  const flood = prefix.repeat(1_000_000);
  const server = soundServer(['a', 'b'], ({ id, method, params }, self) => {
    if (method === 'tools/call') {
      self.send({ id, result: { content: [{ type: 'text', text: params?.['name'] === 'a' ? flood : 'fine' }] } });
    }
  });
  const client = new TestSession({ s: () => server });
  await client.initialize();
  await client.toolNames();
  const withheld = await client.request('tools/call', { name: 'a' });
  assert.match(JSON.stringify(withheld), /WHARF_SECRET_BLOCKED/);
  assert.deepEqual(
    client.calls.list(2).map(({ status, findings }) => [status, findings > 0]),
    [['blocked', true]],
  );
  assert.match(JSON.stringify((await client.request('tools/call', { name: 'b' })).result), /fine/);
});

test('what is shown and kept of a text full of a value that a server was given does not hold it', () => {
  const own = ['own', 'Secret', '77aa31'].join('-');
  const scanning = new Scanning(() => undefined);
  scanning.add([{ name: 'own', value: own }]);
  const kept = scanning.redactGiven(JSON.stringify({ text: `${own} `.repeat(20_000), more: own }));
  assert.ok(!kept.includes(own));
  assert.deepEqual(Object.values(JSON.parse(kept) as object).slice(1), ['[wharf:redacted not-looked-at]']);
});

test('of a secret that is renewed again and again the last ten values are looked for, whichever was given out last', () => {
  const scanning = new Scanning(() => undefined);
  const values = Array.from({ length: 12 }, (_, part) => ['renewed', 'Token', `${part}9c${part}`].join('-'));
  const [first = ''] = values;
  for (const value of [...values.slice(0, 10), first, ...values.slice(10)]) {
    scanning.add([{ name: 'TOKEN', value }]);
    scanning.add([{ name: 'OTHER', value: ['other', 'Secret', '77aa31'].join('-') }]);
  }
  const said = [...values, ['other', 'Secret', '77aa31'].join('-')].map((value) => scanning.redactText(value));
  assert.deepEqual(
    said.map((text) => text.startsWith('[wharf:secret ')),
    [true, false, false, ...Array.from({ length: 10 }, () => true)],
  );
});
