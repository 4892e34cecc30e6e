import { withoutPieces } from '../../core/scan/pieces.ts';
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

/** Texts without secrets: first by the daemons that write into the log, one after the other, then by rules and `values` here. */
export async function redactTexts(
  texts: readonly string[],
  controls: readonly ControlClient[],
  values: readonly string[],
): Promise<Redacted> {
  let clean = texts;
  let by: LookedBy = { kind: 'rules' };
  for (const control of controls) {
    const asked = await control.request('support/redact', { texts: clean });
    if (!asked.ok) {
      return { texts: localRedaction(clean, values), by: { kind: 'refused' } };
    }
    clean = asked.value.texts;
    by = { kind: 'daemon', vault: asked.value.looksIntoVault };
  }
  return { texts: localRedaction(clean, values), by };
}

/** Texts without what looks like a secret and without `values`; names of secrets go too, unless a person asks for themselves. */
export function localRedaction(
  texts: readonly string[],
  values: readonly string[],
  { keepsNames }: { readonly keepsNames: boolean } = { keepsNames: false },
): readonly string[] {
  const scanner = nodeScanner({ secrets: values.map((value) => ({ name: 'value', value })) });
  return texts.map((text) => {
    const bytes = Buffer.from(text);
    const clean = Buffer.from(redact(bytes, scanner.scanText(bytes))).toString();
    const whole = withoutPieces(clean, values, mark);
    return keepsNames ? whole : withoutNames(whole);
  });
}

/** What a secret is called may tell of whom it is. */
function withoutNames(text: string): string {
  return text
    .replace(/\[wharf:secret [^\]\n]*\]/g, mark)
    .replace(/(\bsecrets? )"[^"\n]*"/gi, '$1"…"')
    .replace(/(\bsecret (?:set|rm) )[\w.:/-]+/gi, '$1NAME')
    .replace(/\b(secret|env|op|se):\/\/[^\s"'`,;)\]}]+/gi, '$1://…');
}
