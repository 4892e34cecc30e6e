import { isScalar, LineCounter, parseDocument, isSeq, type Document, type Node, type YAMLMap } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { Unusable, YamlReader } from '../profile/yamlReader.ts';
import { isToolName } from '../tools/toolGrants.ts';

/** Where the secret of a token is found out: its SHA-256 in hexadecimal digits, or a file that holds the token itself. */
export type TokenProof = { readonly kind: 'sha256'; readonly sha256: string } | { readonly kind: 'file'; readonly path: string };

/** A token of the HTTP endpoint, and what it lets its bearer use. */
export interface TokenEntry {
  readonly name: string;
  readonly proof: TokenProof;
  /** Handles of profiles, as in `/p/HANDLE/mcp`. */
  readonly profiles: readonly string[];
  /** What it may use of them (src/core/tools/toolGrants.ts); null means all that the profile offers. */
  readonly tools: readonly string[] | null;
  /** Milliseconds since 1970; null means never. */
  readonly expiresAt: number | null;
}

/** Names that the endpoint uses itself. */
const ownNames: ReadonlySet<string> = new Set(['main']);
const namePattern = /^[A-Za-z0-9][\w.@-]{0,62}$/;
const datePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
const entryKeys: ReadonlySet<string> = new Set(['name', 'sha256', 'tokenFile', 'profiles', 'tools', 'expires']);
const topKeys: ReadonlySet<string> = new Set(['version', 'tokens']);
/** Lines stay as their writer wrote them, as far as the library can tell. */
const layout = { lineWidth: 0, flowCollectionPadding: false };
/** More would make each request slow: every one is compared. */
const mostTokens = 1_000;

const newFile =
  '# Tokens of the gateway over HTTP: see "wharf http token --help". This file must be readable for its user alone.\nversion: 1\ntokens: []\n';

/** Whether a text can be the name of a token. */
export function isTokenName(text: string): boolean {
  return namePattern.test(text) && !ownNames.has(text);
}

/** Reads a file of tokens. What is not understood is refused: a misspelt key must not make a token reach further. */
export function readTokens(text: string, file: string): Result<readonly TokenEntry[]> {
  const opened = open(text, file);
  return opened.ok ? ok(opened.value.entries) : opened;
}

/** The text with one more token, whose comments stay; fails when there is one of its name. */
export function withToken(text: string, file: string, entry: TokenEntry): Result<string> {
  const opened = open(text.trim() === '' ? newFile : text, file);
  if (!opened.ok) {
    return opened;
  }
  const { document, entries } = opened.value;
  if (entries.some(({ name }) => name === entry.name)) {
    return fail(problems.httpTokenExists(entry.name, file));
  }
  const { name, proof, profiles, tools, expiresAt } = entry;
  const node = document.createNode({
    name,
    ...(proof.kind === 'sha256' ? { sha256: proof.sha256 } : { tokenFile: proof.path }),
    profiles,
    ...(tools === null ? {} : { tools }),
    ...(expiresAt === null ? {} : { expires: new Date(expiresAt).toISOString() }),
  });
  const list = document.get('tokens', true);
  if (isSeq(list)) {
    list.flow = false;
    list.add(node);
  } else {
    document.set('tokens', [node]);
  }
  return ok(document.toString(layout));
}

/** The text without a token; fails when there is none of its name. */
export function withoutToken(text: string, file: string, name: string): Result<string> {
  const opened = open(text, file);
  if (!opened.ok) {
    return opened;
  }
  const { document, entries } = opened.value;
  const at = entries.findIndex((entry) => entry.name === name);
  if (at === -1) {
    return fail(problems.httpTokenUnknown(name, file));
  }
  document.deleteIn(['tokens', at]);
  return ok(document.toString(layout));
}

function open(text: string, file: string): Result<{ readonly document: Document; readonly entries: readonly TokenEntry[] }> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    return fail(problems.httpTokensUnusable(place(syntax.pos[0]), syntax.message));
  }
  try {
    const entries = document.contents === null ? [] : new TokensReader(document, (node) => place(node?.range?.[0] ?? 0)).read();
    return ok({ document, entries });
  } catch (error) {
    if (error instanceof Unusable) {
      return fail(error.problem);
    }
    throw error;
  }
}

class TokensReader extends YamlReader {
  read(): readonly TokenEntry[] {
    const top = this.map(this.document.contents, 'the file');
    this.onlyKeys(top, topKeys);
    const version = this.value(top, 'version');
    if (version !== undefined && !(isScalar(version) && version.value === 1)) {
      throw this.bad(version, 'only "version: 1" is known');
    }
    const list = this.value(top, 'tokens');
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, '"tokens" is not a list');
    }
    const nodes = list?.items ?? [];
    if (nodes.length > mostTokens) {
      throw this.bad(list, `it has ${nodes.length} tokens, and may have ${mostTokens}`);
    }
    const names = new Set<string>();
    return nodes.map((node) => {
      const map = this.map(node, 'a token', list);
      const entry = this.entry(map);
      if (names.has(entry.name)) {
        throw this.bad(map, `there are two tokens with the name "${entry.name}"`);
      }
      names.add(entry.name);
      return entry;
    });
  }

  protected override bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.httpTokensUnusable(this.at(node), detail));
  }

  private entry(map: YAMLMap): TokenEntry {
    this.onlyKeys(map, entryKeys);
    const name = this.text(map, 'name');
    if (name === undefined || !isTokenName(name)) {
      throw this.bad(this.value(map, 'name') ?? map, 'a token needs a "name" of letters, digits and . _ @ -, other than "main"');
    }
    const profiles = this.texts(map, 'profiles');
    if (profiles === null || profiles.length === 0) {
      throw this.bad(map, `the token "${name}" needs "profiles": the ids of those that it may use`);
    }
    const tools = this.texts(map, 'tools');
    const wrong = tools?.find((tool) => !isToolName(tool));
    if (wrong !== undefined) {
      throw this.bad(this.value(map, 'tools'), `"tools" takes names such as tool, server:tool, server:* or *, not "${wrong}"`);
    }
    return { name, proof: this.proof(map, name), profiles, tools, expiresAt: this.expiry(map) };
  }

  private proof(map: YAMLMap, name: string): TokenProof {
    const [sha256, path] = [this.text(map, 'sha256'), this.text(map, 'tokenFile')];
    if ((sha256 === undefined) === (path === undefined)) {
      throw this.bad(map, `the token "${name}" needs one of "sha256" and "tokenFile"`);
    }
    if (path !== undefined) {
      return { kind: 'file', path };
    }
    if (sha256 === undefined || !/^[0-9a-f]{64}$/i.test(sha256)) {
      throw this.bad(this.value(map, 'sha256'), '"sha256" is not 64 hexadecimal digits in quotes');
    }
    return { kind: 'sha256', sha256: sha256.toLowerCase() };
  }

  private expiry(map: YAMLMap): number | null {
    const text = this.text(map, 'expires');
    const time = text === undefined ? null : datePattern.test(text) ? Date.parse(text) : NaN;
    if (Number.isNaN(time)) {
      throw this.bad(this.value(map, 'expires'), '"expires" is not a date such as 2027-01-31 or 2027-01-31T18:00:00Z');
    }
    return time;
  }

  private onlyKeys(map: YAMLMap, known: ReadonlySet<string>): void {
    for (const { name, key } of this.pairs(map)) {
      if (!known.has(name)) {
        throw this.bad(key, `"${name}" is not known here, only ${[...known].join(', ')} are`);
      }
    }
  }
}
