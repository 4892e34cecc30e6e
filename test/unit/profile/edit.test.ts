import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setServerSetting, type SettingValue } from '../../../src/core/profile/edit.ts';

const top = 'version: 1\nservers:\n';

function edited(text: string, key: string, value: SettingValue, server = 'a'): string {
  const result = setServerSetting(text, server, key, value);
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.next}`);
  return result.value;
}

test('a setting is added where the entry has settings, has none, or is written on one line', () => {
  for (const [before, after] of [
    ['  - image: x/a:1 # mine\n', '  - image: x/a:1 # mine\n    wharf:\n      cpus: 2\n'],
    ['  - image: x/a:1', '  - image: x/a:1\n    wharf:\n      cpus: 2'],
    [
      '  - image: x/a:1\n    wharf:\n        memory: 1g  # enough\n\n# end\n',
      '  - image: x/a:1\n    wharf:\n        memory: 1g  # enough\n        cpus: 2\n\n# end\n',
    ],
    ['  - image: x/a:1\n    wharf: {memory: 1g}\n    tools: [b]\n', '  - image: x/a:1\n    wharf: {memory: 1g, cpus: 2}\n    tools: [b]\n'],
    ['  - image: x/a:1\n    wharf: {}\n', '  - image: x/a:1\n    wharf: { cpus: 2 }\n'],
    ['  - {image: "x/a:1", name: a}\n', '  - {image: "x/a:1", name: a, wharf: { cpus: 2 }}\n'],
    [
      '  - image: x/a:1\n    tools:\n      - one\n      - two\n  - image: x/b:1\n',
      '  - image: x/a:1\n    tools:\n      - one\n      - two\n    wharf:\n      cpus: 2\n  - image: x/b:1\n',
    ],
    ['  - image: x/a:1\r\n    name: a\r\n', '  - image: x/a:1\r\n    name: a\r\n    wharf:\r\n      cpus: 2\r\n'],
    ['  - image: x/a:1\n    wharf:\n      cpus: 1 # few\n', '  - image: x/a:1\n    wharf:\n      cpus: 2 # few\n'],
  ] as const) {
    assert.equal(edited(`${top}${before}`, 'cpus', 2), `${top}${after}`);
  }
});

test('a list grows at its end, in the form that it has, and comments in it stay', () => {
  // Read again as text alone: the keys are any that a reader lets pass.
  const allow = ['db.example.com:5432', '*.example.com:443'];
  const cases = [
    ['    allowHosts: []\n', '    allowHosts: [db.example.com:5432, "*.example.com:443"]\n'],
    ['    allowHosts: [ "db.example.com:5432" ] # one\n', '    allowHosts: [ "db.example.com:5432", "*.example.com:443" ] # one\n'],
    [
      "    allowHosts:\n    - 'db.example.com:5432' # the database\n    name: a\n",
      '    allowHosts:\n    - \'db.example.com:5432\' # the database\n    - "*.example.com:443"\n    name: a\n',
    ],
    ['', '    allowHosts: [db.example.com:5432, "*.example.com:443"]\n'],
  ] as const;
  for (const [before, after] of cases) {
    const entry = '  - image: x/a:1\n    disableNetwork: true\n';
    assert.equal(edited(`${top}${entry}${before}`, 'allowHosts', allow), `${top}${entry}${after}`);
  }
});

test('values that YAML would take for something else are quoted', () => {
  for (const [value, written] of [
    ['yes', '"yes"'],
    ['1000', '"1000"'],
    ['root', 'root'],
    ['a: b', '"a: b"'],
    ['0:0', '"0:0"'],
    ['256m', '256m'],
  ] as const) {
    assert.match(edited(`${top}  - image: x/a:1\n`, 'alias', value === 'a: b' ? 'a: b' : value), new RegExp(`alias: ${written}$`, 'm'));
  }
});

test('what cannot be changed alone is not changed, and what to write by hand is said', () => {
  for (const [entry, code] of [
    ['  - image: x/a:1\n    wharf: &w\n      cpus: 1\n  - image: x/b:1\n    wharf: *w\n', 'WHARF_PROFILE_NOT_EDITED'],
    ['  - image: x/b:1\n', 'WHARF_SERVER_NOT_IN_PROFILE'],
    ['  - image: [\n', 'WHARF_PROFILE_SYNTAX'],
  ] as const) {
    const result = setServerSetting(`${top}${entry}`, entry.includes('&w') ? 'b' : 'a', 'cpus', 2);
    assert.equal(result.ok ? result.value : result.problem.code, code);
  }
  // An anchor is another server's too.
  const shared = setServerSetting(
    `${top}  - image: x/a:1\n    wharf: &w\n      cpus: 1\n  - image: x/b:1\n    wharf: *w\n`,
    'a',
    'cpus',
    2,
  );
  assert.equal(shared.ok ? shared.value : shared.problem.code, 'WHARF_PROFILE_NOT_EDITED');
});
