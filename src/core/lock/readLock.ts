import { LineCounter, isScalar, parseDocument, type Document, type Node, type YAMLMap } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { findExcess } from '../profile/yamlBounds.ts';
import { Unusable, YamlReader } from '../profile/yamlReader.ts';
import * as problems from '../problems.ts';
import type { Sha256 } from '../scan/allowance.ts';
import { definitionHash, definitionParts, toolOf, type Definition, type DefinitionPart } from './definition.ts';
import type { LockedImage, LockedServer, LockedText, LockedTool, ProfileLock, Rest } from './lock.ts';

/** Characters of a lock: a profile of a whole catalogue's servers has a tenth of it. */
export const longestLock = 8 * 1024 * 1024;

/** Reads `ID.lock.yaml`, version 1. `file` is only for messages. What is understood only in part is refused as a whole. */
export function readLock(text: string, file: string, sha256: Sha256): Result<ProfileLock> {
  const lines = new LineCounter();
  if (text.length > longestLock) {
    return fail(problems.lockBroken({ file, line: 1, column: 1 }, `it has more than ${longestLock} characters`));
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    return fail(problems.lockBroken(placeAt(syntax.pos[0]), syntax.message));
  }
  const at = (node: Node | null | undefined): Place => placeAt(node?.range?.[0] ?? 0);
  const excess = findExcess(document, 0);
  if (excess !== undefined) {
    return fail(problems.lockBroken(at(excess.node), excess.why));
  }
  return new LockReader(document, at, sha256).read();
}

const hexadecimal = /^[0-9a-f]{64}$/;
const contentId = /^sha256:[0-9a-f]{64}$/;

class LockReader extends YamlReader {
  private readonly sha256: Sha256;

  constructor(document: Document, at: (node: Node | null | undefined) => Place, sha256: Sha256) {
    super(document, at);
    this.sha256 = sha256;
  }

  read(): Result<ProfileLock> {
    try {
      const top = this.map(this.document.contents, 'the lock');
      const version = this.value(top, 'version');
      if (!isScalar(version) || version.value !== 1) {
        throw this.bad(version ?? top, 'it has no "version: 1", and no other version is known');
      }
      const servers = this.optionalMap(top, 'servers');
      const named = (servers === undefined ? [] : this.pairs(servers)).map(
        ({ name, key, value }) => [name, this.server(this.map(value, `the server "${name}"`, key))] as const,
      );
      return ok({ servers: new Map(named), rest: this.rest(top, ['version', 'servers']) });
    } catch (error) {
      if (error instanceof Unusable) {
        return fail(error.problem);
      }
      if (error instanceof RangeError) {
        return fail(problems.lockBroken(this.at(this.document.contents), 'it is nested too deeply'));
      }
      throw error;
    }
  }

  private server(entry: YAMLMap): LockedServer {
    const tools = this.optionalMap(entry, 'tools');
    const named = (tools === undefined ? [] : this.pairs(tools)).map(
      ({ name, key, value }) => [name, this.tool(name, this.map(value, `the tool "${name}"`, key))] as const,
    );
    return {
      image: this.image(entry),
      instructions: this.instructions(entry),
      tools: new Map(named),
      rest: this.rest(entry, ['image', 'digest', 'id', 'instructions', 'tools']),
    };
  }

  private image(entry: YAMLMap): LockedImage | null {
    const reference = this.text(entry, 'image');
    const digest = this.text(entry, 'digest');
    const sha256 = digest ?? this.text(entry, 'id');
    if (reference === undefined && sha256 === undefined) {
      return null;
    }
    if (reference === undefined || sha256 === undefined || !contentId.test(sha256)) {
      throw this.bad(entry, 'a server with an image needs "image", and "digest" or "id" of the form sha256:…');
    }
    return { reference, content: { kind: digest === undefined ? 'id' : 'digest', sha256 } };
  }

  private instructions(entry: YAMLMap): LockedText | null {
    const map = this.optionalMap(entry, 'instructions');
    if (map === undefined) {
      return null;
    }
    const [sha256, text] = [this.hash(map), this.anyText(map, 'text') ?? null];
    if (text !== null && this.sha256(text) !== sha256) {
      throw this.bad(map, 'the text of these instructions is not the one of their "sha256"');
    }
    return { sha256, text };
  }

  private tool(name: string, entry: YAMLMap): LockedTool {
    const sha256 = this.hash(entry);
    const map = this.optionalMap(entry, 'definition');
    const definition = map === undefined ? null : this.definition(map);
    // Who reads a change of the lock reads the texts: they must not say something else than what is accepted.
    const tool = definition === null ? undefined : toolOf(name, definition);
    if (definition !== null && (tool === undefined || definitionHash(tool, this.sha256) !== sha256)) {
      throw this.bad(map, `the definition of "${name}" is not the one of its "sha256"`);
    }
    const exposed = this.anyText(entry, 'exposed') ?? null;
    return { exposed, sha256, definition, rest: this.rest(entry, ['exposed', 'sha256', 'definition']) };
  }

  private definition(map: YAMLMap): Definition {
    const parts: Partial<Record<DefinitionPart, string>> = {};
    for (const { name, key } of this.pairs(map)) {
      const part = definitionParts.find((one) => one === name);
      if (part === undefined) {
        throw this.bad(key, `"${name}" is no part of a definition`);
      }
      const text = this.anyText(map, part);
      if (text !== undefined) {
        parts[part] = text;
      }
    }
    return parts;
  }

  private hash(map: YAMLMap): string {
    const text = this.text(map, 'sha256');
    if (text === undefined || !hexadecimal.test(text)) {
      throw this.bad(this.value(map, 'sha256') ?? map, '"sha256" is not 64 hexadecimal digits');
    }
    return text;
  }

  /** A text that may be empty. */
  private anyText(map: YAMLMap, key: string): string | undefined {
    const node = this.value(map, key);
    if (node === undefined || (isScalar(node) && typeof node.value === 'string')) {
      return node?.value as string | undefined;
    }
    throw this.bad(node, `"${key}" is not a text`);
  }

  private rest(map: YAMLMap, known: readonly string[]): Rest {
    const unknown = this.pairs(map).filter(({ name }) => !known.includes(name));
    return new Map(unknown.map(({ name, value }) => [name, value?.toJS(this.document, { mapAsMap: true }) ?? null] as const));
  }

  protected override bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.lockBroken(this.at(node), detail));
  }
}
