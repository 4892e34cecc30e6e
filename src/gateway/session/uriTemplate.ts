/** Whether an address can come from a template of RFC 6570. */
export interface TemplatePattern {
  test(uri: string): boolean;
}

/** Servers decide what stands here: what is longer is not looked at. */
const longestTemplate = 2_000;
const longestUri = 10_000;

/**
 * Which addresses a template can make, as far as it takes to find the server behind an address: its literals in their order,
 * with something between them. No regular expression: a template with many expressions would make it take for ever.
 */
export function templatePattern(template: string): TemplatePattern {
  const literals = template.length > longestTemplate ? undefined : template.split(/\{[^{}]*\}/);
  return { test: (uri) => literals !== undefined && uri.length <= longestUri && fits(literals, uri) };
}

/** Each literal where it stands first is enough: what is between them may be anything. */
function fits(literals: readonly string[], uri: string): boolean {
  const [first = '', ...rest] = literals;
  const last = rest.pop();
  if (last === undefined) {
    return uri === first;
  }
  if (!uri.startsWith(first)) {
    return false;
  }
  let at = first.length;
  for (const literal of rest) {
    const found = uri.indexOf(literal, at);
    if (found === -1) {
      return false;
    }
    at = found + literal.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}
