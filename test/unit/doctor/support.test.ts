import assert from 'node:assert/strict';
import { test } from 'node:test';

import { supportHandlers } from '../../../src/gateway/support.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { openVault, tamper, value, vaultPlace } from '../vault/vaults.ts';

test('the report is looked through for what the vault has, also where another entry is damaged', async (t) => {
  const place = vaultPlace(t);
  const vault = openVault(place);
  value(await vault.set('good', 'one'));
  value(await vault.set('swapped', 'two'));
  tamper(place.file, ({ secrets }) => Object.assign(secrets, { formless: 7, swapped: secrets['good'] }));
  const gateway = {
    secrets: { vault },
    redactTexts: (texts: readonly string[], more: readonly { readonly value: string }[]) =>
      texts.map((text) => more.reduce((shown, one) => shown.replaceAll(one.value, '***'), text)),
  } as unknown as Gateway;
  const redacted = value(await supportHandlers(gateway)['support/redact']({ texts: ['it said one'] }));
  assert.deepEqual(redacted, { texts: ['it said ***'], looksIntoVault: true });
});
