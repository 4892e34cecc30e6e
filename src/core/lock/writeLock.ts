import { Document, Scalar } from 'yaml';

import { visibleJson, visibleText } from '../../shared/visibleText.ts';
import { definitionParts, type Definition } from './definition.ts';
import type { LockedServer, LockedText, LockedTool, ProfileLock, Rest } from './lock.ts';

type Entries = Map<unknown, unknown>;

/** The text of a lock: the same for the same content, and in an order that leaves the lines of what did not change alone. */
export function writeLock({ servers, rest }: ProfileLock, id: string): string {
  const escaped = new Escaped();
  const content: Entries = new Map<unknown, unknown>([
    ['version', 1],
    ['servers', byName(servers, (server) => serverEntries(server, escaped), escaped)],
    ...escaped.entries(rest),
  ]);
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = ` What was accepted of the servers of "${visibleText(id)}". Written by "wharf profile lock"; review a change of it like code.`;
  return escaped.restore(document.toString({ lineWidth: 0, minContentWidth: 0 }));
}

function byName<T>(map: ReadonlyMap<string, T>, entries: (one: T) => Entries, escaped: Escaped): Map<unknown, unknown> {
  const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([name, one]) => [escaped.text(name), entries(one)]));
}

function serverEntries({ image, instructions, tools, rest }: LockedServer, escaped: Escaped): Entries {
  return new Map<unknown, unknown>([
    ...(image === null ? [] : ([['image', image.reference] as const, [image.content.kind, image.content.sha256] as const] as const)),
    ...(instructions === null ? [] : [['instructions', textEntries(instructions, escaped)] as const]),
    ['tools', byName(tools, (tool) => toolEntries(tool, escaped), escaped)],
    ...escaped.entries(rest),
  ]);
}

function textEntries({ sha256, text }: LockedText, escaped: Escaped): Entries {
  return new Map<unknown, unknown>([['sha256', sha256], ...(text === null ? [] : [['text', escaped.text(text)] as const])]);
}

function toolEntries({ exposed, sha256, definition, rest }: LockedTool, escaped: Escaped): Entries {
  return new Map<unknown, unknown>([
    ...(exposed === null ? [] : [['exposed', escaped.text(exposed)] as const]),
    ['sha256', sha256],
    ...(definition === null ? [] : [['definition', definitionEntries(definition, escaped)] as const]),
    ...escaped.entries(rest),
  ]);
}

function definitionEntries(definition: Definition, escaped: Escaped): Entries {
  return new Map(definitionParts.flatMap((part) => (definition[part] === undefined ? [] : [[part, escaped.text(definition[part])]])));
}

/**
 * Texts of servers, so that whoever looks at the file sees every character of them: what is invisible stands there as an escape of
 * YAML, which only strings in double quotes have.
 */
class Escaped {
  private isUsed = false;

  text(text: string): Scalar<string> {
    const scalar = new Scalar(text);
    if (visibleText(text, { keepNewlines: true }) !== text || text.includes('\r')) {
      this.isUsed = true;
      scalar.type = Scalar.QUOTE_DOUBLE;
    } else if (text.includes('\n')) {
      // A block begins where its first line does; one that begins or ends with blanks would have to say so by other means.
      scalar.type = /^\S/.test(text) && !/^[ \t]+$/m.test(text) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
    } else if (text.includes('"')) {
      scalar.type = Scalar.QUOTE_SINGLE;
    }
    return scalar;
  }

  /** What this version does not know, kept as it was. */
  entries(rest: Rest): readonly (readonly [unknown, unknown])[] {
    return [...rest].map(([key, value]) => [this.text(key), this.value(value)]);
  }

  /** Everything invisible in the file is in a string in double quotes, where an escape of JSON means the same. */
  restore(text: string): string {
    return this.isUsed ? visibleJson(text) : text;
  }

  private value(value: unknown): unknown {
    if (typeof value === 'string') {
      return this.text(value);
    }
    if (Array.isArray(value)) {
      return value.map((one) => this.value(one));
    }
    return value instanceof Map ? new Map([...value].map(([key, one]) => [this.value(key), this.value(one)])) : value;
  }
}
