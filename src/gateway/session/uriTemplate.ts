/**
 * Which addresses a template of RFC 6570 can make, as far as it takes to find the server behind an address: a simple
 * expression stands for a part of a path, one with an operator for anything.
 */
export function templatePattern(template: string): RegExp {
  const parts = template.split(/(\{[^{}]*\})/);
  const pattern = parts.map((part) => {
    if (!/^\{.*\}$/.test(part)) {
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
    return /^\{[A-Za-z0-9_.,%]+\}$/.test(part) ? '[^/?#]+' : '.*';
  });
  return new RegExp(`^${pattern.join('')}$`);
}
