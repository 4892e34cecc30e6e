import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parse } from 'yaml';

import type { Result } from '../../../src/shared/result.ts';

/*
 * Profiles as people write them, each line with a comment that is there once. An edit must mean what was asked, and lose no line
 * but those that it is about.
 */
export type Values = Record<string, unknown>;

export interface Written {
  readonly text: string;
  readonly value: { servers: Values[] } & Values;
  /** The marks of the comments that belong to each server. */
  readonly marks: readonly (readonly string[])[];
}

export const word = fc.constantFrom(
  'search',
  'fetch',
  'a.b',
  'list issues',
  '#1',
  'yes',
  '12',
  'x: y',
  "it's",
  '"q"',
  'é→',
  '- z',
  'long '.repeat(30).trim(),
);
export const leaf = fc.oneof(word, fc.integer({ min: -5, max: 9 }), fc.boolean(), fc.constant('two\nlines\n'));
export const key = fc.constantFrom('url', 'max_rows', 'paths', 'Deep', 'x-y', '9');
const config = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, leaf, { maxKeys: 2 })), {
  maxKeys: 3,
});

const server = fc.record({
  isFlow: fc.boolean(),
  isFlowInside: fc.boolean(),
  above: fc.nat(2),
  below: fc.nat(1),
  isGap: fc.boolean(),
  config: fc.option(config, { nil: undefined }),
  tools: fc.option(fc.uniqueArray(word, { maxLength: 4 }), { nil: undefined }),
  isNamedFirst: fc.boolean(),
});

export const profile = fc
  .record({
    servers: fc.array(server, { minLength: 0, maxLength: 4 }),
    indent: fc.constantFrom(0, 2, 4),
    eol: fc.constantFrom('\n', '\r\n'),
    isLast: fc.boolean(),
    isEnded: fc.boolean(),
    isBom: fc.boolean(),
  })
  .map(written);

function written({
  servers,
  indent,
  eol,
  isLast,
  isEnded,
  isBom,
}: {
  readonly servers: readonly (typeof server extends fc.Arbitrary<infer T> ? T : never)[];
  readonly indent: number;
  readonly eol: string;
  readonly isLast: boolean;
  readonly isEnded: boolean;
  readonly isBom: boolean;
}): Written {
  let count = 0;
  const lines: string[] = [`${isBom ? '\ufeff' : ''}# top`, 'version: 1 # v', 'x-team: { name: core } # team'];
  const marks: string[][] = [];
  const values: Values[] = [];
  lines.push(servers.length === 0 ? 'servers: [] # none' : 'servers: # list');
  const pad = ' '.repeat(indent);
  servers.forEach((one, index) => {
    const own: string[] = [];
    const mark = (): string => {
      count += 1;
      own.push(`# m${count}.`);
      return `# m${count}.`;
    };
    if (one.isGap && index > 0) {
      lines.push('');
    }
    for (let i = 0; i < one.above; i += 1) {
      lines.push(`${pad}${mark()}`);
    }
    const name = `s${index}`;
    const value: Values = { [one.isNamedFirst ? 'name' : 'image']: one.isNamedFirst ? name : 'x/any:1' };
    Object.assign(value, one.isNamedFirst ? { image: 'x/any:1' } : { name });
    const parts: [string, unknown][] = [];
    if (one.config !== undefined) {
      parts.push(['config', one.config]);
      value['config'] = one.config;
    }
    if (one.tools !== undefined) {
      parts.push(['tools', one.tools]);
      value['tools'] = one.tools;
    }
    value['snapshot'] = { server: { name, description: 'a text' } };
    const snapshot = `snapshot: { server: { name: ${name}, description: a text } }`;
    if (one.isFlow) {
      const inner = Object.entries(value).map(([k, v]) => `${k}: ${JSON.stringify(v)}`);
      lines.push(`${pad}- { ${inner.join(', ')} } ${mark()}`);
    } else {
      const [first, second] = Object.keys(value);
      lines.push(`${pad}- ${first}: ${String(value[first ?? ''])} ${mark()}`, `${pad}  ${second}: ${String(value[second ?? ''])}`);
      for (const [k, v] of parts) {
        lines.push(...part(k, v, one.isFlowInside, mark).map((line) => `${pad}  ${line}`));
      }
      lines.push(`${pad}  ${snapshot}`);
      if (one.below > 0) {
        lines.push(`${pad}    ${mark()}`);
      }
    }
    values.push(value);
    marks.push(own);
  });
  if (isLast) {
    lines.push('', '# after', 'wharf: { output: block } # own');
  }
  return {
    text: lines.join(eol) + (isEnded ? eol : ''),
    value: { version: 1, 'x-team': { name: 'core' }, servers: values, ...(isLast ? { wharf: { output: 'block' } } : {}) },
    marks,
  };
}

function part(name: string, value: unknown, isFlow: boolean, mark: () => string): string[] {
  const entries = Array.isArray(value) ? value.map((item) => ['', item] as const) : Object.entries(value as Values);
  if (isFlow || entries.length === 0) {
    return [`${name}: ${JSON.stringify(value)} ${mark()}`];
  }
  return [
    `${name}: ${mark()}`,
    ...entries.map(([k, item]) => `  ${k === '' ? '-' : `${JSON.stringify(k)}:`} ${JSON.stringify(item)} ${mark()}`),
  ];
}

/** What a text says. */
export function meant(text: string): unknown {
  return plain(parse(text));
}

export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

export function given<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.next}`);
  return result.value;
}

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
