import { parseDocument } from 'yaml';

import { longestYaml } from './bounds.ts';
import { tooMuchYaml } from './yamlWeight.ts';

export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `offset` is where it breaks off. */
  | { readonly kind: 'broken'; readonly why: string; readonly offset: () => number };

/** JSON as a value. Its depth has no bounds here, since the parser calls itself for nothing; `whyUnsound` has them. */
export function parseJson(text: string): ParsedJson {
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return { kind: 'value', value: JSON.parse(json) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const offset = () => Number(/at position (\d+)/.exec(why)?.[1] ?? breakOf(json)) + text.length - json.length;
    return { kind: 'broken', why, offset };
  }
}

/** JavaScript does not always say where; to a reader of YAML most of it is broken at the same place. */
function breakOf(json: string): number {
  if (json.length > longestYaml || tooMuchYaml(json) !== undefined) {
    return 0;
  }
  const { errors } = parseDocument(json, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  return errors[0]?.pos[0] ?? 0;
}
