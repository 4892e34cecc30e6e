import type { Finding } from '../../../shared/findings.ts';
import type { ChangedTool } from './changedTools.ts';
import { hiddenTextIn, type HiddenText, type HiddenTextOptions } from './hiddenText.ts';
import type { ShadowedTool } from './shadowedTools.ts';

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

/** `index`: the place of the tool in the list that was looked at. */
export function changedToolFinding({ tool, change }: ChangedTool, index: number): Finding {
  const title = change === 'added' ? 'A tool that was not there when its server was accepted' : 'A tool that changed since it was accepted';
  return {
    rule: `tool-${change}`,
    title,
    kind: 'changedTool',
    where: 'list',
    pointer: `/tools/${index}`,
    preview: tool,
    action: 'reported',
  };
}

export function shadowedToolFinding({ server, tool, shadows, how }: ShadowedTool): Finding {
  return {
    rule: how === 'sameName' ? 'tool-same-name' : 'tool-describes-other',
    title: how === 'sameName' ? "A tool with the name of another server's" : "A tool that says how another server's is to be used",
    kind: 'shadowedTool',
    where: 'list',
    pointer: '',
    preview: `${server}: ${tool} → ${shadows.server}: ${shadows.tool}`,
    action: 'reported',
  };
}
