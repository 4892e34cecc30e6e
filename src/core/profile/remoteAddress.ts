/** The address of a remote server, in the plain form that every reader of addresses understands alike. */
export interface RemoteAddress {
  readonly kind: 'address';
  readonly scheme: 'https' | 'http';
  /** In lower case, with its port where that is not the scheme's own; IPv6 in brackets. */
  readonly host: string;
  /** With the query; at least `/`. */
  readonly path: string;
  /** Whether it leads to this computer. */
  readonly isLoopback: boolean;
}

const form = /^([a-z]+):\/\/(\[[0-9a-f:]{2,45}\]|[a-z0-9.-]+)(?::([1-9]\d{0,4}))?(\/[^?]*)?(\?.*)?$/i;
const plainCharacters = /^[\w\-.~:/?[\]@!&'()*+,;=%]+$/;
const hostName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Readers of addresses take a host whose last part is a number for an IPv4 address, in several spellings. */
const numeric = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const dottedQuad = new RegExp(`^${byte}(?:\\.${byte}){3}$`);

/** Whether a host, in lower case and IPv6 in brackets, is this computer whatever its name server says. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (dottedQuad.test(host) && host.startsWith('127.'));
}

/** Takes an address apart: `https`, or `http` on the loopback interface; without user, password or fragment. */
export function parseRemoteAddress(text: string): RemoteAddress | { readonly kind: 'refused'; readonly why: string } {
  const refused = (why: string) => ({ kind: 'refused', why }) as const;
  if (text.includes('$') || text.includes('{{')) {
    return refused('has a template or a "$", which this version cannot fill in yet');
  }
  if (/^[a-z]+:\/\/[^/?#]*@/i.test(text)) {
    return refused('carries a user name or a password, which does not belong into a file');
  }
  const [, givenScheme = '', givenHost = '', port, path = '/', query = ''] = (plainCharacters.test(text) && form.exec(text)) || [];
  const [scheme, host] = [givenScheme.toLowerCase(), givenHost.toLowerCase()];
  const isHost = host.startsWith('[') || (numeric.test(host) ? dottedQuad.test(host) : hostName.test(host));
  if (!isHost || Number(port ?? 1) > 65_535) {
    return refused('is not a plain address such as https://mcp.example.com/mcp');
  }
  const isLoopback = isLoopbackHost(host);
  if (scheme !== 'https' && !(scheme === 'http' && isLoopback)) {
    return refused('needs https; http is only for servers on this computer');
  }
  const isUsual = port === undefined || port === (scheme === 'https' ? '443' : '80');
  return { kind: 'address', scheme, host: isUsual ? host : `${host}:${port}`, path: `${path}${query}`, isLoopback };
}

/** Where what its tools are given goes, such as `mcp.example.com` or `localhost:3000`. */
export function remoteHost(url: string): string {
  const address = parseRemoteAddress(url);
  return address.kind === 'address' ? address.host : url;
}

export function isOnThisComputer(url: string): boolean {
  const address = parseRemoteAddress(url);
  return address.kind === 'address' && address.isLoopback;
}

/** `https://mcp.context7.com/mcp` gives `context7`: the host without what says nothing. */
export function nameFromAddress({ host, isLoopback }: RemoteAddress): string {
  const bare = host.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  if (isLoopback) {
    return 'localhost';
  }
  const labels = /^[\d.]+$|:/.test(bare) || !bare.includes('.') ? [bare] : bare.split('.').slice(0, -1);
  const telling = labels.filter((label) => !['mcp', 'api', 'www'].includes(label));
  const name = (telling.length > 0 ? telling : labels).join('-').replaceAll(/[^a-z0-9-]+/g, '-');
  return name.replace(/^-+/, '').slice(0, 63);
}

export function isSameAddress(one: RemoteAddress, other: RemoteAddress): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.path === other.path;
}
