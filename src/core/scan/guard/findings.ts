import type { Finding } from '../../../shared/findings.ts';
import { hiddenTextIn, type HiddenText, type HiddenTextOptions } from './hiddenText.ts';

/** Findings of one value, and UTF-16 code units of one string that are looked at: no model reads on as far as that. */
const mostFindings = 100;
const longestText = 256 * 1024;

/** Hidden text in the strings of a JSON value, names of members too, each with its pointer. Bounded in time and number. */
export function hiddenTextFindings(value: unknown, where: Finding['where'], options: HiddenTextOptions = {}): readonly Finding[] {
  const findings: Finding[] = [];
  const look = (text: string, pointer: string): void => {
    const hidden = hiddenTextIn(text.slice(0, longestText), options);
    findings.push(...hidden.slice(0, mostFindings - findings.length).map((one) => hiddenFinding(one, where, pointer)));
  };
  const walk = (part: unknown, pointer: string): void => {
    if (typeof part === 'string') {
      look(part, pointer);
    } else if (typeof part === 'object' && part !== null) {
      for (const [key, member] of Object.entries(part)) {
        if (findings.length >= mostFindings) {
          return;
        }
        const inside = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        look(key, inside);
        walk(member, inside);
      }
    }
  };
  walk(value, '');
  return findings;
}

function hiddenFinding({ rule, title, preview }: HiddenText, where: Finding['where'], pointer: string): Finding {
  return { rule, title, kind: 'hiddenText', where, pointer, preview, action: 'reported' };
}
