import { parse } from 'yaml';

/**
 * The name that a profile's text gives it, where it can be the one that is sought; null otherwise. Not every file is read as YAML for
 * this: in the usual form the name stands on a line of its own.
 */
export function nameInProfile(text: string, sought: string): string | null {
  const [line] = /^(?:name|"name"|'name')[ \t]*:[ \t]*\S.*$/m.exec(text) ?? [];
  const isOneValue = /^\ufeff?\s*\{/.test(text) && text.includes(sought);
  try {
    const read = (line === undefined ? (isOneValue ? parse(text) : null) : parse(line)) as { readonly name?: unknown } | null;
    return typeof read?.name === 'string' ? read.name : null;
  } catch {
    return null;
  }
}
