/** What a server says with HTTP 401 or 403 about what it wants (RFC 6750 §3, RFC 9728 §5.1). */
export interface Challenge {
  /** Where the server describes who may let people in. */
  readonly resourceMetadata: string | undefined;
  readonly scopes: readonly string[];
  readonly error: string | undefined;
}

export const noChallenge: Challenge = { resourceMetadata: undefined, scopes: [], error: undefined };

const part = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;
/** One scope (RFC 6749 §3.3). */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const mostScopes = 100;

/** Reads `WWW-Authenticate`: the parameters of its first `Bearer` challenge, whatever other schemes stand beside it. */
export function readChallenge(header: string | undefined): Challenge {
  const parameters = new Map<string, string>();
  let isBearer = false;
  part.lastIndex = 0;
  for (let match = part.exec(header ?? ''); match !== null; match = part.exec(header ?? '')) {
    const [whole, name = '', quoted, plain] = match;
    const isParameter = /=/.test(whole.slice(whole.indexOf(name) + name.length));
    if (!isParameter) {
      if (isBearer) {
        break;
      }
      isBearer = name.toLowerCase() === 'bearer';
    } else if (isBearer && !parameters.has(name.toLowerCase())) {
      parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'));
    }
  }
  return {
    resourceMetadata: parameters.get('resource_metadata'),
    scopes: readScopes(parameters.get('scope')),
    error: parameters.get('error'),
  };
}

/** Scopes of a text that holds them with spaces between, each once. What is no scope is left out. */
export function readScopes(text: string | undefined): readonly string[] {
  return uniqueScopes((text ?? '').split(' '));
}

export function uniqueScopes(scopes: readonly unknown[]): readonly string[] {
  return [...new Set(scopes.filter((scope): scope is string => typeof scope === 'string' && scopeForm.test(scope)))].slice(0, mostScopes);
}
