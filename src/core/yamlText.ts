import { stringify } from 'yaml';

/** A value as YAML that a person or a program reads: texts on one line where they have one, and nothing by reference. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
