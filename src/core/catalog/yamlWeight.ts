import { CST, Lexer } from 'yaml';

/** Signs that a reader of YAML does something for. Docker's own catalogue of 443,000 characters has 39,000, and is read at once. */
const signs = new Set(Array.from('\n,:-[]{}"\'&*!%?#|>@`', (sign) => sign.charCodeAt(0)));
const fewSigns = 100_000;

/** Docker's own of 328 servers has 90,000 tokens and 12,000 lines; 5,000 servers have fifteen times as many. */
const [mostTokens, mostLines] = [1_500_000, 400_000];
/**
 * Of tokens that a catalogue has few of, as Docker's own has 1,250, and of which each can be a mistake: those are what costs most. 5,000
 * servers that are written with braces and commas have fewer.
 */
const mostRare = 100_000;

const rare = new Set<CST.TokenType | null>([
  'comment',
  'directive-line',
  'doc-start',
  'doc-end',
  'anchor',
  'tag',
  'alias',
  'explicit-key-ind',
  'comma',
  'flow-seq-start',
  'flow-seq-end',
  'flow-map-start',
  'flow-map-end',
  'flow-error-end',
]);
const values = new Set<CST.TokenType | null>(['scalar', 'single-quoted-scalar', 'double-quoted-scalar']);

/**
 * What of a YAML text is too much to be read, in words for people; undefined where it is not. Reading takes some seconds for each
 * million tokens, and holds up everything else meanwhile; counting them takes a tenth, and ends where they are too many.
 */
export function tooMuchYaml(text: string): string | undefined {
  if (hasFewSigns(text)) {
    return undefined;
  }
  let [tokens, lines, rareTokens] = [0, 0, 0];
  let isAfterValue = false;
  for (const source of new Lexer().lex(text)) {
    const type = CST.tokenType(source);
    tokens += 1;
    if (type === 'newline') {
      lines += 1;
    }
    // Two values beside each other are a mistake too.
    if (rare.has(type) || (isAfterValue && values.has(type))) {
      rareTokens += 1;
    }
    isAfterValue = values.has(type) || (isAfterValue && (type === 'space' || type === null));
    if (tokens > mostTokens || lines > mostLines || rareTokens > mostRare) {
      return lines > mostLines ? `${mostLines} lines of YAML` : `${tokens > mostTokens ? mostTokens : mostRare} parts of YAML`;
    }
  }
  return undefined;
}

function hasFewSigns(text: string): boolean {
  let count = 0;
  for (let at = 0; at < text.length && count <= fewSigns; at++) {
    count += signs.has(text.charCodeAt(at)) ? 1 : 0;
  }
  return count <= fewSigns;
}
