import { redact } from '../../core/scan/redact.ts';
import type { ControlClient } from '../../node/controlClient.ts';
import { nodeScanner } from '../../node/scanning.ts';

/** Who looked at the texts of a report. */
export type LookedBy =
  /** The daemon, which knows what servers were given; `vault` is whether it could look for what the vault has, too. */
  | { readonly kind: 'daemon'; readonly vault: boolean }
  /** There is none: only rules, and what files say. */
  | { readonly kind: 'rules' }
  /** It runs, and did not do it: nothing that it wrote may go out. */
  | { readonly kind: 'refused' };

export interface Redacted {
  readonly texts: readonly string[];
  readonly by: LookedBy;
}

const mark = '[wharf:secret]';
/** So much of a value that was cut off is still recognised, and no less. */
const shortestPiece = 8;
const shortestCutValue = 12;

/** Texts without secrets: first by the daemon, then by rules and `values` here. */
export async function redactTexts(texts: readonly string[], control: ControlClient | null, values: readonly string[]): Promise<Redacted> {
  const asked = control === null ? null : await control.request('support/redact', { texts });
  const by: LookedBy =
    asked === null ? { kind: 'rules' } : asked.ok ? { kind: 'daemon', vault: asked.value.looksIntoVault } : { kind: 'refused' };
  return { texts: localRedaction(asked?.ok === true ? asked.value.texts : texts, values), by };
}

/** Texts without what looks like a secret and without `values`; names of secrets go too, unless a person asks for themselves. */
export function localRedaction(
  texts: readonly string[],
  values: readonly string[],
  { keepsNames }: { readonly keepsNames: boolean } = { keepsNames: false },
): readonly string[] {
  const scanner = nodeScanner({ secrets: values.map((value) => ({ name: 'value', value })) });
  const cut = values.filter((value) => value.length >= shortestCutValue && !/^[~./\\]|^[a-z]:\\|:\/\//i.test(value));
  return texts.map((text) => {
    const bytes = Buffer.from(text);
    const clean = Buffer.from(redact(bytes, scanner.scanText(bytes))).toString();
    const whole = withoutPieces(clean, cut);
    return keepsNames ? whole : withoutNames(whole);
  });
}

/** The beginning or the end of a value, where a line was cut within it. */
function withoutPieces(text: string, values: readonly string[]): string {
  return values.reduce((now, value) => withoutEnd(withoutBeginning(now, value), value), text);
}

function withoutBeginning(text: string, value: string): string {
  const head = value.slice(0, shortestPiece);
  let shown = text;
  for (let at = shown.indexOf(head); at !== -1; at = shown.indexOf(head, at + mark.length)) {
    let length = shortestPiece;
    while (length < value.length && shown[at + length] === value[length]) {
      length++;
    }
    shown = shown.slice(0, at) + mark + shown.slice(at + length);
  }
  return shown;
}

function withoutEnd(text: string, value: string): string {
  const tail = value.slice(-shortestPiece);
  let shown = text;
  for (let at = shown.indexOf(tail); at !== -1; at = shown.indexOf(tail, at + 1)) {
    let start = at;
    for (let before = value.length - shortestPiece - 1; start > 0 && before >= 0 && shown[start - 1] === value[before]; before--) {
      start--;
    }
    shown = shown.slice(0, start) + mark + shown.slice(at + shortestPiece);
    at = start;
  }
  return shown;
}

/** What a secret is called may tell of whom it is. */
function withoutNames(text: string): string {
  return text
    .replace(/\[wharf:secret [^\]\n]*\]/g, mark)
    .replace(/(\bsecrets? )"[^"\n]*"/gi, '$1"…"')
    .replace(/\b(secret|env|op|se):\/\/[^\s"'`,;)\]}]+/gi, '$1://…');
}
