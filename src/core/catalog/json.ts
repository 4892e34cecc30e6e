/** Nobody's catalogue has half of it; readers that call themselves would fall with a hundred times as much. */
const deepest = 64;

export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'too deep' }
  | { readonly kind: 'broken'; readonly why: string; readonly offset: number };

/** JSON with bounds to its depth. `offset` is where it breaks off. */
export function parseJson(text: string): ParsedJson {
  if (isTooDeep(text)) {
    return { kind: 'too deep' };
  }
  try {
    return { kind: 'value', value: JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'broken', why, offset: Number(/at position (\d+)/.exec(why)?.[1] ?? 0) };
  }
}

/** Counts brackets outside of texts. Looks at texts in one step each: a catalogue is mostly texts. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  const mark = /["[\]{}]/g;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    switch (found[0]) {
      case '"': {
        const end = endOfText(text, mark.lastIndex);
        if (end === -1) {
          return false;
        }
        mark.lastIndex = end + 1;
        break;
      }
      case '[':
      case '{':
        depth += 1;
        if (depth > deepest) {
          return true;
        }
        break;
      default:
        depth -= 1;
    }
  }
  return false;
}

function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\' && end - 1 - slashes >= from) {
      slashes += 1;
    }
    if (slashes % 2 === 0) {
      return end;
    }
  }
  return -1;
}
