import { tokenChecksum } from '../../src/core/scan/rules/checks.ts';
import type { ScanRule } from '../../src/core/scan/rules/rule.ts';
import { sampleOf, type Sample } from './patternSamples.ts';

/** What no expression says: a checksum, the inside of a token. Gets a sample of the rule, gives one that is right. */
const corrections: Readonly<Record<string, (text: string, random: () => number) => string>> = {
  'github-pat': withChecksum,
  'github-oauth': withChecksum,
  'github-app-token': withChecksum,
  'github-refresh-token': (text, random) => (text.length === 40 ? withChecksum(text) : random() < 2 ? text : ''),
  'npm-access-token': withChecksum,
  jwt: (text) => withJwtHead(text.slice(text.lastIndexOf('.'))),
  'jwt-base64': (text) =>
    Buffer.from(withJwtHead(`.${text.replace(/[^A-Za-z0-9]/g, '').slice(4, 60)}`))
      .toString('base64')
      .replace(/=+$/, ''),
  'database-url-password': (text) => text.replace(/^[^:]{0,24}/, 'postgres'),
  'private-key': (_text, random) => keyBlock(random),
};

function withChecksum(text: string): string {
  const start = text.indexOf('_') + 1;
  return text.slice(0, start + 30) + tokenChecksum(text.slice(start, start + 30));
}

function withJwtHead(signature: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'somebody', iat: 1_700_000_000 })}${signature}`;
}

/** A block as of a private key, of random letters. */
function keyBlock(random: () => number): string {
  const line = (): string => sampleOf(/[A-Za-z0-9+/]{64}/, random).text;
  const name = ['PRIVATE', 'KEY'].join(' ');
  return [`-----BEGIN ${name}-----`, line(), line(), line(), `-----END ${name}-----`].join('\n');
}

/** A text with a secret of this kind that no issuer gave out, and where it is. */
export function secretOf(rule: ScanRule, random: () => number, options: { readonly isShort?: boolean } = {}): Sample {
  const sample = sampleOf(rule.pattern, random, options);
  const correct = corrections[rule.id];
  if (correct === undefined) {
    return sample;
  }
  const text = correct(sample.text, random);
  const moved = text.length - sample.text.length;
  return sample.start === 0 ? { text, start: 0, end: text.length } : { text, start: sample.start + moved, end: sample.end + moved };
}
