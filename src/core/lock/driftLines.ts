import type { FoundImage } from '../../shared/foundServer.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { definitionParts, type Definition, type DefinitionPart } from './definition.ts';
import { partsInWords, type Drift } from './drift.ts';
import { diffLines } from './lineDiff.ts';
import type { LockedImage } from './lock.ts';

/** Lines around a change that stay the same. */
const shownAround = 2;

/** Takes out of a text what nobody shall read. */
type Clean = (text: string) => string;

/**
 * One difference for a person, line by line: `-` is what was accepted, `+` is what is there now. `clean` gets each text as a whole,
 * since a secret may have several lines.
 */
export function driftLines(drift: Drift, clean: Clean): readonly string[] {
  // Names are the server's own words, and a line break in one could pretend to be a line of Wharf's.
  const server = visibleText(drift.server);
  const tool = 'tool' in drift ? visibleText(drift.tool) : '';
  switch (drift.kind) {
    case 'serverAdded':
      return [`${server}: a server that is not in the lock`];
    case 'serverRemoved':
      return [`${server}: is in the lock, and not in the profile any more`];
    case 'imageChanged':
      return [`${server}: another image`, ...difference(lockedWords(drift.before), foundWords(drift.after), clean)];
    case 'instructionsChanged': {
      const before = drift.before === null ? '' : (drift.before.text ?? notKept);
      return [`${server}: what it tells a model of how to use it changed`, ...difference(before, drift.after ?? '', clean)];
    }
    case 'toolAdded':
      return [`${server} / ${tool}: a new tool`, ...definitionLines({}, drift.after, definitionParts, clean)];
    case 'toolRemoved':
      return [`${server} / ${tool}: is gone`, ...definitionLines(drift.before ?? {}, {}, definitionParts, clean)];
    case 'toolChanged':
      return [`${server} / ${tool}: another ${partsInWords(drift.parts)}`, ...changedLines(drift, clean)];
  }
}

const notKept = '(the lock keeps only the hash of this text, since it looks like it holds a secret)';

function changedLines({ before, after, parts }: Extract<Drift, { kind: 'toolChanged' }>, clean: Clean): readonly string[] {
  return before === null
    ? [`  ${notKept}`, ...definitionLines({}, after, definitionParts, clean)]
    : definitionLines(before, after, parts, clean);
}

function definitionLines(before: Definition, after: Definition, parts: readonly DefinitionPart[], clean: Clean): readonly string[] {
  return parts
    .filter((part) => before[part] !== undefined || after[part] !== undefined)
    .flatMap((part) => [`  ${partsInWords([part])}`, ...difference(shown(part, before[part]), shown(part, after[part]), clean)]);
}

/** JSON with a line for each member, so that a line of a difference says what it is about. */
function shown(part: DefinitionPart, text: string | undefined): string {
  if (text === undefined || part === 'title' || part === 'description') {
    return text ?? '';
  }
  return JSON.stringify(JSON.parse(text), null, 2);
}

const signs = { same: ' ', old: '-', new: '+' } as const;

function difference(accepted: string, found: string, clean: Clean): readonly string[] {
  const [before, after] = [clean(accepted), clean(found)];
  if (before === '' || after === '') {
    const [sign, text] = before === '' ? ['+', after] : ['-', before];
    return text === '' ? [] : text.split('\n').map((line) => `    ${sign} ${line}`);
  }
  const lines = diffLines(before, after);
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - shownAround), index + shownAround + 1).some(({ kind }) => kind !== 'same'),
  );
  return lines.flatMap(({ kind, text }, index) => {
    if (isNear[index] === true) {
      return [`    ${signs[kind]} ${text}`];
    }
    return isNear[index - 1] === true ? ['      …'] : [];
  });
}

function lockedWords(image: LockedImage | null): string {
  return image === null ? 'no container' : `${image.reference} ${image.content.sha256}`;
}

function foundWords(image: FoundImage | null): string {
  return image === null ? 'no container' : `${image.reference} ${image.digests[0] ?? image.id ?? ''}`.trimEnd();
}
