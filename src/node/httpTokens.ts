import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';

import { readTokens, type TokenEntry } from '../core/http/tokens.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import { readPrivateFile } from './privateFile.ts';

/** Bytes. */
const limits = { list: 1024 ** 2, token: 4_096 };
/** A shorter one could be guessed. */
const shortestToken = 16;

/** A token whose proof was read. */
export interface KnownToken extends Omit<TokenEntry, 'proof'> {
  /** SHA-256 of the token, as lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** What a file of tokens says, and the files that it was read from. */
export interface TokensFile {
  readonly tokens: readonly KnownToken[];
  readonly files: readonly string[];
}

/** The file that `wharf http token` writes where none is named. */
export function defaultTokensFile(locations: Locations): string {
  return join(locations.configFolder, 'http-tokens.yaml');
}

/** Reads a file of tokens and the token files that it names. All of them must be private to their user. */
export async function readTokensFile(path: string): Promise<Result<TokensFile>> {
  const file = resolve(path);
  const bytes = await readPrivateFile(file, limits.list);
  if (!bytes.ok) {
    return bytes;
  }
  const entries = readTokens(bytes.value.toString(), file);
  if (!entries.ok) {
    return entries;
  }
  const tokens: KnownToken[] = [];
  const files = [file];
  for (const { proof, ...entry } of entries.value) {
    if (proof.kind === 'sha256') {
      tokens.push({ ...entry, sha256: proof.sha256 });
    } else {
      const secret = resolve(dirname(file), proof.path);
      files.push(secret);
      const read = await readPrivateFile(secret, limits.token);
      if (!read.ok) {
        return read;
      }
      const token = read.value.toString().trim();
      if (token.length < shortestToken) {
        return fail(problems.fileUnreadable(secret, `it holds no token of at least ${shortestToken} characters`));
      }
      tokens.push({ ...entry, sha256: hashOfToken(token) });
    }
  }
  const twin = tokens.find(({ sha256 }, index) => tokens.findIndex((other) => other.sha256 === sha256) < index);
  if (twin !== undefined) {
    return fail(problems.httpTokensUnusable({ file, line: 1, column: 1 }, `the token "${twin.name}" is another one's as well`));
  }
  return ok({ tokens, files });
}

/** What is kept of a token. A random one needs no salt and no slow hash. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
