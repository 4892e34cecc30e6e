import { isPlaceholder } from '../scan/rules/checks.ts';

const secretName =
  /(?:^|[_.-])(?:password|passwd|passphrase|secret|token|api_?key|(?:access|private|secret|auth|account)_?key|credentials?)$|[_.-]pwd$/i;
/** Switches, numbers, paths, addresses, and words that only show where a value belongs. */
const noSecret =
  /^(?:true|false|yes|no|on|off|none|null|\d{1,5}|x+|\*+|change-?me|password|secret|token|test|dummy|~?\.{0,2}\/.*|https?:\/\/.*|<.*>)$/is;

/** Whether a variable's name says that its value is a secret, and the value is one: neither a reference nor a placeholder. */
export function isLiteralSecret(name: string, value: string): boolean {
  const isReference = /^[a-z]{2,12}:\/\//i.test(value) || /\$\{|\{\{/.test(value);
  return secretName.test(name) && value.trim() !== '' && !isReference && !noSecret.test(value.trim()) && !isPlaceholder(value);
}

/** A variable's value as it may be shown: a secret that its name or its form as an address with a password tells is left out. */
export function shownValue(name: string, value: string): string {
  return isLiteralSecret(name, value) ? '***' : value.replace(/(:\/\/[^\s:/@]{0,64}:)[^\s/@${<][^\s/@]{0,200}@/g, '$1***@');
}
