import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkCodexConfig } from '../../../src/core/codexConfig/check.ts';
import { approvalModeValues, serverKeys, topLevelKeys } from '../../../src/core/codexConfig/schema.ts';
import { sharedData } from '../../support/sharedData.ts';

/** What the real Codex said to a configuration. */
interface RecordedCase {
  readonly name: string;
  /** null where the file was not text. */
  readonly config: string | null;
  readonly server: string;
  readonly codex: { readonly loads: boolean; readonly error: string | null; readonly warningsIgnoredKeys: readonly string[] };
}

test('the keys that the real Codex ignores are the ones reported as unknown', (t) => {
  const file = sharedData(t, 'codex/cases.json');
  const cases = file === undefined ? [] : (JSON.parse(readFileSync(file, 'utf8')) as RecordedCase[]);
  for (const { name, config, codex } of cases) {
    if (config === null) {
      continue;
    }
    const findings = checkCodexConfig(config, { scope: 'user' });
    const unknown = findings.filter((finding) => finding.code === 'unknown-server-key');
    const reported = new Set(unknown.map((finding) => config.slice(finding.range.start, finding.range.end).replace(/^["']|["']$/g, '')));
    if (
      !codex.loads &&
      /expected|duplicate key|unclosed|invalid (?:key|float|escape)|carriage return|unicode|extend value/.test(codex.error ?? '')
    ) {
      const typeError = /in `/.test(codex.error ?? '');
      assert.equal(
        findings.some((finding) => finding.code === 'toml-syntax'),
        !typeError,
        `${name}: ${codex.error ?? ''}`,
      );
    }
    if (codex.loads) {
      const ignored = codex.warningsIgnoredKeys.flatMap((key) => /^mcp_servers\.[^.]+\.([^.]+)$/.exec(key)?.[1] ?? []);
      assert.deepEqual([...reported].sort(), ignored.sort(), name);
      const tables = codex.warningsIgnoredKeys.filter((key) => /^(?:mcp|servers)[^.]*$/i.test(key));
      assert.equal(findings.filter((finding) => finding.code === 'unknown-servers-table').length, tables.length, name);
      assert.ok(
        findings.every((finding) => finding.code !== 'toml-syntax'),
        name,
      );
    }
  }
});

test('the table of keys agrees with the published schema of Codex', (t) => {
  const file = sharedData(t, 'codex/mcp.schema.json');
  if (file === undefined) {
    return;
  }
  const text = readFileSync(file, 'utf8');
  const schema = JSON.parse(text) as {
    properties: Record<string, unknown>;
    definitions: Record<string, { properties?: Record<string, unknown> }>;
  };
  const published = Object.keys(schema.definitions['RawMcpServerConfig']?.properties ?? {});
  // The schema leaves out bearer_token, which Codex knows only to refuse it.
  assert.deepEqual(serverKeys.map((key) => key.name).sort(), [...published, 'bearer_token'].sort());
  assert.deepEqual(topLevelKeys.map((key) => key.name).sort(), Object.keys(schema.properties).sort());
  for (const mode of approvalModeValues) {
    assert.ok(text.includes(`"${mode}"`), mode);
  }
});
