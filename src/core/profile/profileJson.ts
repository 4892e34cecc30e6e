import { parse, stringify } from 'yaml';

/** A sound profile as JSON, with every key and without comments. */
export function profileJson(yaml: string): string {
  return `${JSON.stringify(parse(yaml), null, 2)}\n`;
}

/** The other way round: what came as JSON, as a file that a person reads. `comment` is its first line. */
export function profileYaml(value: Readonly<Record<string, unknown>>, comment: string): string {
  return `# ${comment}\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** Any value as YAML that a program reads. */
export function plainYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
