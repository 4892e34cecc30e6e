export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `offset` is where it breaks off. */
  | { readonly kind: 'broken'; readonly why: string; readonly offset: number };

/** JSON as a value. Its depth has no bounds here, since the parser calls itself for nothing; `whyUnsound` has them. */
export function parseJson(text: string): ParsedJson {
  try {
    return { kind: 'value', value: JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'broken', why, offset: Number(/at position (\d+)/.exec(why)?.[1] ?? 0) };
  }
}
