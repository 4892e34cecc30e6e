import assert from 'node:assert/strict';
import { test } from 'node:test';
import { templatePattern } from '../../src/gateway/session/uriTemplate.ts';

const cases: readonly (readonly [template: string, uri: string, fits: boolean])[] = [
  ['memo://page/{n}', 'memo://page/7', true],
  ['memo://page/{n}', 'memo://other/7', false],
  ['memo://page/{n}/end', 'memo://page/7/end', true],
  ['memo://page/{n}/end', 'memo://page/7', false],
  ['file:///{+path}', 'file:///a/b/c', true],
  ['db://{table}/{?q*}', 'db://users/?q=1', true],
  ['exact://one', 'exact://one', true],
  ['exact://one', 'exact://one/more', false],
  ['a{x}a', 'a', false],
];

for (const [template, uri, fits] of cases) {
  test(`${uri} ${fits ? 'may come' : 'does not come'} from ${template}`, () => {
    assert.equal(templatePattern(template).test(uri), fits);
  });
}

test('a hostile template is decided as fast as any other', () => {
  const pattern = templatePattern(`x://${'{a}'.repeat(600)}!`);
  const from = performance.now();
  assert.equal(pattern.test(`x://${'a'.repeat(9_000)}?`), false);
  assert.ok(performance.now() - from < 1_000);
});
