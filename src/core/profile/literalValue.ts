import { isPlaceholder } from '../scan/rules/checks.ts';

const secretName =
  /(?:^|[_.-])(?:password|passwd|passphrase|secret|token|api_?key|(?:access|private|secret|auth|account)_?key|credentials?)$|[_.-]pwd$/i;
/** Switches, numbers, paths, addresses, variables of a shell, and words that only show where a value belongs. */
const noSecret =
  /^(?:true|false|yes|no|on|off|none|null|\d{1,5}|x+|\*+|change-?me|password|secret|token|test|dummy|~?\.{0,2}\/.*|https?:\/\/.*|<.*>|\$\w+|\$\(.*|%\w+%)$/is;

/** Whether a variable's name says that its value is a secret, and the value is one: neither a reference nor a placeholder. */
export function isLiteralSecret(name: string, value: string): boolean {
  const isReference = /^[a-z]{2,12}:\/\//i.test(value) || /\$\{|\{\{/.test(value);
  return secretName.test(name) && value.trim() !== '' && !isReference && !noSecret.test(value.trim()) && !isPlaceholder(value);
}

/** Whether a variable that is named like a secret has a text beside a place that is filled in later: then it is no place alone. */
export function isMixedSecret(name: string, value: string): boolean {
  const rest = value.replaceAll(/\$\{[^${}]{0,200}\}|\{\{[^{}]{0,200}\}\}/g, '');
  return secretName.test(name) && rest !== value && /[a-z0-9]{3}/i.test(rest);
}

/** What a name in an address or a connection string stands before: letters that a value of either has, with quotes around it or not. */
const assignment = /(?:^|[\s;&?,|"'{(-])([a-z][\w.-]{0,60})\s{0,3}=\s{0,3}("[^"]{1,500}"|'[^']{1,500}'|[^\s;&,"']{1,500})/gi;
const option = /(?:^|\s)--?([a-z][\w-]{0,60})\s{1,3}([^\s-][^\s]{0,500})/gi;
/** Longer texts are read in part: nobody writes a connection string of this length. */
const longestText = 8_000;

/** Whether a text has a password, a token or a key behind its name: a connection string, a query of an address, options of a program. */
export function hasAssignedSecret(text: string): boolean {
  const start = text.slice(0, longestText);
  return [...start.matchAll(assignment), ...start.matchAll(option)].some(([, name = '', value = '']) =>
    isLiteralSecret(assignedName(name), value.replace(/^(["'])(.*)\1$/s, '$2')),
  );
}

/** Whether the word behind an option is its secret, as in `["--password", "…"]`. */
export function isSecretOption(option: string, value: string): boolean {
  return /^--?[a-z]/i.test(option) && isLiteralSecret(assignedName(option.replace(/^-+/, '')), value);
}

/** Programs write `Api-Key` and `pwd` for what variables call `API_KEY` and `DB_PWD`. */
function assignedName(name: string): string {
  const plain = name.replaceAll('-', '_');
  return /^(?:pwd|pass)$/i.test(plain) ? 'password' : plain;
}

/** A variable's value as it may be shown: a secret that its name or its form as an address with a password tells is left out. */
export function shownValue(name: string, value: string): string {
  return isLiteralSecret(name, value) ? '***' : value.replace(/(:\/\/[^\s:/@]{0,64}:)[^\s/@${<][^\s/@]{0,200}@/g, '$1***@');
}
