import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseInterceptor } from '../../../src/gateway/interceptors/parseInterceptor.ts';

function action(text: string): unknown {
  const parsed = parseInterceptor(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
  const { text: kept, ...rest } = parsed.value;
  assert.equal(kept, text);
  return 'url' in rest ? { ...rest, url: rest.url.href } : rest;
}

test("Docker's documented interceptors are understood", () => {
  assert.deepEqual(action('before:exec:echo Query=$(jq -r ".params.arguments.query") >&2'), {
    when: 'before',
    kind: 'exec',
    script: 'echo Query=$(jq -r ".params.arguments.query") >&2',
  });
  assert.deepEqual(action("after:exec:jq -c '.content[].text |= (.[:100])'"), {
    when: 'after',
    kind: 'exec',
    script: "jq -c '.content[].text |= (.[:100])'",
  });
  assert.deepEqual(action("before:docker:alpine sh -c 'echo BEFORE >&2'"), {
    when: 'before',
    kind: 'docker',
    image: 'alpine',
    args: ['sh', '-c', 'echo BEFORE >&2'],
  });
  assert.deepEqual(action('AFTER:Http:https://example.com:8443/check?a=b:c'), {
    when: 'after',
    kind: 'http',
    url: 'https://example.com:8443/check?a=b:c',
  });
});

test('the words of a container are split as a shell does, without its variables', () => {
  const words = (text: string): unknown => (action(`after:docker:${text}`) as { args: unknown }).args;
  assert.deepEqual(words('reg.example:5000/team/filter:1'), []);
  assert.deepEqual(words('image a  b\tc'), ['a', 'b', 'c']);
  assert.deepEqual(words(`image 'a "b" $c' "d \\"e\\" 'f'" g\\ h i'j'k ''`), ['a "b" $c', `d "e" 'f'`, 'g h', 'ijk', '']);
});

test('plain http is for this machine alone', () => {
  for (const host of ['localhost:8080', '127.0.0.1', '127.1.2.3:1', '[::1]:8080']) {
    assert.ok(parseInterceptor(`before:http:http://${host}/x`).ok, host);
  }
  for (const host of ['interceptor:8080', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '[::2]']) {
    const parsed = parseInterceptor(`before:http:http://${host}/x`);
    assert.ok(!parsed.ok, host);
    assert.match(parsed.problem.message, /in clear over the network/);
  }
});

test('what is not understood is named, with the reason', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /not of the form when:type:argument/],
    ['before:exec', /not of the form/],
    ['around:exec:true', /"before" or "after" a call, not "around"/],
    ['before:lua:x', /exec, docker or http, not "lua"/],
    ['before:exec: ', /names no command/],
    ['after:docker:', /needs an image, and "" is none/],
    ['after:docker:Not/An Image', /needs an image, and "Not\/An" is none/],
    ["after:docker:alpine sh -c 'echo", /a quote that never closes/],
    ['after:docker:alpine a\\', /a quote that never closes/],
    ['before:http:localhost:8080/url', /needs an address/],
    ['before:http:file:///etc/passwd', /needs an address/],
    ['before:http:https://user:hunter2@example.com/', /a password in its address/],
  ];
  for (const [text, reason] of wrong) {
    const parsed = parseInterceptor(text);
    assert.ok(!parsed.ok, text);
    assert.equal(parsed.problem.code, 'WHARF_USAGE');
    assert.match(parsed.problem.message, reason);
    assert.ok(!parsed.problem.message.includes('hunter2'), 'a password is not shown');
  }
});

test('a long text is shortened, so that the reason is still read', () => {
  const parsed = parseInterceptor(`before:docker:${'X'.repeat(500)}`);
  assert.ok(!parsed.ok);
  assert.match(parsed.problem.message, /is none\.$/);
});
