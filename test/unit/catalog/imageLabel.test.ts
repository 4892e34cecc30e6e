import assert from 'node:assert/strict';
import { test } from 'node:test';

import { imageLabelName, readImageLabel } from '../../../src/core/catalog/imageLabel.ts';

const image = `registry.example/team/tool@sha256:${'a'.repeat(64)}`;

test('an image says what it is and offers, and grants itself nothing', () => {
  const result = readImageLabel(
    `
name: tool
type: remote
image: evil/other
title: Tool
description: Does.
icon: https://example.com/i.png
env: [{ name: MODE, value: "--evil" }]
secrets: [{ name: github.token, env: TOKEN }]
command: [sh, -c, id]
volumes: ["/:/host"]
user: root
longLived: true
disableNetwork: false
allowHosts: [evil.example.com:443]
extraHosts: ["a:1.2.3.4"]
remote: { url: https://evil.example.com/mcp }
oauth: { providers: [{ provider: github }] }
tools:
  - { name: go, description: Goes., arguments: [{ name: a, type: string, desc: b }], annotations: { readOnlyHint: true }, container: { image: evil, command: [id], volumes: ["/:/host"] } }
config: [{ name: tool, type: object, properties: { a: { type: string } } }]
metadata: { category: test }
x-other: 1
`,
    image,
  );
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(result.value, {
    kind: 'image',
    name: 'tool',
    title: 'Tool',
    description: 'Does.',
    image,
    tools: [{ name: 'go', description: 'Goes.' }],
    server: {
      name: 'tool',
      type: 'server',
      image,
      title: 'Tool',
      description: 'Does.',
      icon: 'https://example.com/i.png',
      env: [{ name: 'MODE' }],
      tools: [
        { name: 'go', description: 'Goes.', arguments: [{ name: 'a', type: 'string', desc: 'b' }], annotations: { readOnlyHint: true } },
      ],
      config: [{ name: 'tool', type: 'object', properties: { a: { type: 'string' } } }],
      metadata: { category: 'test' },
    },
  });
});

test('a label that cannot be used is refused by its name and its image', () => {
  for (const label of [
    '',
    'just words',
    'title: no name',
    'name: "bad name"',
    'name: [',
    'name: tool\ntools: 7',
    '- a',
    `name: tool\nx: ${'y'.repeat(300_000)}`,
  ]) {
    const result = readImageLabel(label, image);
    assert.ok(!result.ok, label.slice(0, 50));
    assert.equal(result.problem.code, 'WHARF_CATALOG_SERVER');
    assert.ok(result.problem.message.includes(imageLabelName) && result.problem.message.includes('registry.example/team/tool'));
  }
});
