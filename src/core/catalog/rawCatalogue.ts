import {
  LineCounter,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  isAlias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { aliasLimit, findExcess } from '../profile/yamlBounds.ts';
import { longestCatalogue, longestCatalogueWords, longestYaml, longestYamlWords, mostServers } from './bounds.ts';
import type { Unusable } from './entryOf.ts';
import { parseJson } from './json.ts';
import { isValues, type Values } from './serverShape.ts';
import { keepTextsAsWritten } from './writtenTexts.ts';
import { tooMuchYaml } from './yamlWeight.ts';

/** One server of a file, as the file has it. */
export interface RawServer {
  /** Its key in a map; undefined in a list. */
  readonly name?: string;
  readonly value: unknown;
  readonly why?: string;
  /** From 1, in a YAML file. */
  readonly line?: number;
}

/** A catalogue's file, before anybody knows which form it has. */
export interface RawCatalogue {
  /** The keys at its top, but for those of `servers`. */
  readonly keys: Values;
  /** What `registry`, or `servers`, holds: a map or a list. Undefined where there is neither. */
  readonly servers?: { readonly key: 'registry' | 'servers'; readonly list: readonly RawServer[] };
}

/** Reads YAML, of which JSON is a part that is much faster to read. A broken entry of `registry` or `servers` leaves the others whole. */
export function readRaw(text: string, file: string): Result<RawCatalogue> {
  if (text.length > longestCatalogue) {
    return fail(problems.catalogTooLarge(file, longestCatalogueWords));
  }
  if (/^\ufeff?\s*\{/.test(text)) {
    const json = parseJson(text);
    if (json.kind === 'value') {
      return rawOfJson(json.value, file);
    }
  }
  const tooMuch = text.length > longestYaml ? longestYamlWords : tooMuchYaml(text);
  return tooMuch === undefined ? readYaml(text, file) : fail(problems.catalogTooLarge(file, tooMuch));
}

function rawOfJson(value: unknown, file: string): Result<RawCatalogue> {
  if (!isValues(value)) {
    return fail(problems.catalogShape(file, 'it is not a map of keys'));
  }
  for (const key of ['registry', 'servers'] as const) {
    const part = value[key];
    if (isValues(part) || Array.isArray(part)) {
      const list: readonly RawServer[] = Array.isArray(part)
        ? part.map((one: unknown) => ({ value: one }))
        : Object.entries(part).map(([name, one]) => ({ name, value: one }));
      return bounded({ keys: { ...value, [key]: undefined }, servers: { key, list } }, file);
    }
  }
  return ok({ keys: value });
}

function bounded(raw: RawCatalogue, file: string): Result<RawCatalogue> {
  return (raw.servers?.list.length ?? 0) > mostServers ? fail(problems.catalogTooLarge(file, `${mostServers} servers`)) : ok(raw);
}

function readYaml(text: string, file: string): Result<RawCatalogue> {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const isTooDeep = syntax.message.includes('call stack');
    return fail(problems.catalogSyntax(at(syntax.pos[0]), isTooDeep ? 'it has too many maps and lists in each other' : syntax.message));
  }
  const alias = firstAliasTooMany(document);
  if (alias !== undefined) {
    return fail(problems.catalogSyntax(at(alias.range?.[0] ?? 0), `it has more than ${aliasLimit} aliases`));
  }
  const top = document.contents;
  if (!isMap(top)) {
    return fail(problems.catalogShape(at(top?.range?.[0] ?? 0), 'it is not a map of keys'));
  }
  return new YamlCatalogue(document, (node) => at(node?.range?.[0] ?? 0)).read(top, file);
}

function firstAliasTooMany(document: Document): Node | undefined {
  let aliases = 0;
  let found: Node | undefined;
  visit(document, {
    Alias(_key, node) {
      aliases += 1;
      found = aliases > aliasLimit ? node : undefined;
      return found === undefined ? undefined : visit.BREAK;
    },
  });
  return found;
}

/** Makes plain values of one entry after the other: what is wrong with one stays with it. */
class YamlCatalogue {
  private readonly document: Document;
  private readonly at: (node: Node | null | undefined) => Place;

  constructor(document: Document, at: (node: Node | null | undefined) => Place) {
    this.document = document;
    this.at = at;
  }

  read(top: YAMLMap, file: string): Result<RawCatalogue> {
    const key = (['registry', 'servers'] as const).find(
      (one) => isMap(this.resolved(top.get(one, true))) || isSeq(this.resolved(top.get(one, true))),
    );
    const part = key === undefined ? undefined : this.resolved(top.get(key, true));
    const servers = isMap(part)
      ? part.items.map((pair) => this.pair(pair))
      : isSeq(part)
        ? part.items.map((item) => this.item(item))
        : undefined;
    if (key !== undefined) {
      // The rest is small, and without its servers quickly made.
      top.items = top.items.filter((pair) => !(isScalar(pair.key) && pair.key.value === key));
    }
    const rest = this.plain(top);
    if ('why' in rest) {
      return fail(problems.catalogShape(this.at(top), rest.why));
    }
    const keys = isValues(rest.value) ? rest.value : {};
    return bounded(key === undefined || servers === undefined ? { keys } : { keys, servers: { key, list: servers } }, file);
  }

  private pair({ key, value }: Pair): RawServer {
    const node = this.resolved(key);
    const name = isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))) : '';
    return { name, line: this.at(node).line, value: undefined, ...this.plain(value as Node) };
  }

  private item(item: unknown): RawServer {
    return { line: this.at(item as Node).line, value: undefined, ...this.plain(item as Node) };
  }

  private plain(node: Node | null): { readonly value: unknown } | Unusable {
    const resolved = this.resolved(node);
    if (resolved === undefined) {
      return { value: null };
    }
    const excess = findExcess(resolved);
    if (excess !== undefined) {
      return {
        why: `${excess.why === 'Map keys must be unique' ? 'it has a key twice' : excess.why}, in line ${this.at(excess.node).line}`,
      };
    }
    keepTextsAsWritten(resolved);
    try {
      return { value: resolved.toJS(this.document, { maxAliasCount: aliasLimit }) as unknown };
    } catch (error) {
      return { why: `its aliases cannot be followed: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  private resolved(node: unknown): Node | undefined {
    return isAlias(node) ? node.resolve(this.document) : ((node ?? undefined) as Node | undefined);
  }
}
