/** Where a secret's value is kept. Files of configuration and profiles hold only such references, never a value. */
export type SecretReference =
  /** In Wharf's own vault; also under Docker's form `se://docker/mcp/NAME`. */
  | { readonly kind: 'vault'; readonly name: string }
  /** In a variable of the gateway's own environment. */
  | { readonly kind: 'env'; readonly name: string }
  /** The content of a file of the user, without its last line end. */
  | { readonly kind: 'file'; readonly path: string }
  /** In 1Password, read by its `op` command. */
  | { readonly kind: 'op'; readonly uri: string };

/** Docker's rule for names (reference: docker-gateway §1.5). */
const secretName = /^[A-Za-z0-9._:-]+(?:\/[A-Za-z0-9._:-]+)*$/;
const longestName = 200;
const dockerRealm = 'docker/mcp/';

export function isSecretName(name: string): boolean {
  return name.length <= longestName && secretName.test(name) && !name.split('/').some((part) => part === '.' || part === '..');
}

/** `secret` with a letter too many, too few, or two of them exchanged. */
const nearlySecret =
  /^(?:secrets|esecret|sceret|serect|sercet|secert|secrte|ecret|scret|seret|secet|secrt|secre|secrret|seecret|seccret)$/i;

/** Whether a text begins as nothing but a reference does, and is none. */
export function isBrokenReference(text: string): boolean {
  const [, scheme = ''] = /^([A-Za-z]+):\/\//.exec(text.trimStart()) ?? [];
  return nearlySecret.test(scheme) || (/^(?:secret|se|env|op)$/i.test(scheme) && parseSecretReference(text) === undefined);
}

/** Undefined for a text that is no reference of a known form. */
export function parseSecretReference(text: string): SecretReference | undefined {
  const [, scheme, rest = ''] = /^(secret|se|env|file|op):\/\/(.+)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'secret':
      return isSecretName(rest) ? { kind: 'vault', name: rest } : undefined;
    case 'se': {
      const name = rest.startsWith(dockerRealm) ? rest.slice(dockerRealm.length) : rest;
      return isSecretName(name) ? { kind: 'vault', name } : undefined;
    }
    case 'env':
      return /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest) ? { kind: 'env', name: rest } : undefined;
    case 'file':
      return /^(?:\/|~\/|[A-Za-z]:[\\/])/.test(rest) && !rest.includes('\0') ? { kind: 'file', path: rest } : undefined;
    case 'op':
      return /^[^\s\0]+(?:\/[^\0/]+){2,3}$/.test(rest) ? { kind: 'op', uri: text } : undefined;
    default:
      return undefined;
  }
}

/** A path to a file is an ordinary value of a variable, so this is only what can be nothing else. */
const inVariables = ['vault', 'env', 'op'];

/** Whether the value of a variable, or of a server's configuration, is a reference to a secret. */
export function isReferenceInVariable(value: string): boolean {
  const reference = parseSecretReference(value);
  return reference !== undefined && inVariables.includes(reference.kind);
}
