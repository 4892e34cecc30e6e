import type { LeftOut, MarkedText } from './foreign.ts';
import type { PackageCommand } from './packageCommand.ts';
import type { RemoteWish } from './remoteEntry.ts';

/** A remote server that a package of npm or PyPI only passes on to. */
export interface RemoteBehind extends RemoteWish {
  readonly leftOut: readonly LeftOut[];
}

const bridges = ['mcp-remote', 'supergateway', 'mcp-proxy'];

/**
 * What `mcp-remote URL`, `supergateway --sse URL` and `mcp-proxy URL` reach; undefined for other packages and other uses of these.
 * They fill `${NAME}` in their headers from their own environment, also where their client does not.
 */
export function remoteBehind({ name, args }: PackageCommand, env: Readonly<Record<string, MarkedText>>): RemoteBehind | undefined {
  const url = args.find((word) => /^https?:\/\//i.test(word));
  if (!bridges.includes(name) || url === undefined || args.includes('--stdio')) {
    return undefined;
  }
  const headers: Record<string, MarkedText> = {};
  const leftOut: LeftOut[] = [];
  let isSse = args[args.indexOf(url) - 1] === '--sse';
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    if (['--header', '-H', '--headers'].includes(word)) {
      const pair = name === 'mcp-proxy' ? `${args[index + 1] ?? ''}:${args[index + 2] ?? ''}` : (args[index + 1] ?? '');
      index += name === 'mcp-proxy' ? 2 : 1;
      const [, header, value] = /^([^:]+):\s*(.*)$/s.exec(pair) ?? [];
      if (header !== undefined && value !== undefined) {
        headers[header.trim()] = filled(value, env);
      }
    } else if (word === '--oauth2Bearer') {
      headers['Authorization'] = `Bearer ${filled(args[++index] ?? '', env)}`;
    } else if (word === '--transport') {
      isSse = (args[++index] ?? '').startsWith('sse');
    } else if (word.startsWith('--') && !['--sse', '--streamableHttp', '--allow-http', '--debug'].includes(word)) {
      leftOut.push({ what: word, why: `it is an option of ${name}` });
    }
  }
  const isUsed = Object.keys(env).filter((one) => !args.some((word) => word.includes(`\${${one}}`)));
  leftOut.push(...isUsed.map((what) => ({ what, why: `it was a variable of ${name} itself` })));
  return { url, isSse, headers, leftOut };
}

function filled(text: string, env: Readonly<Record<string, MarkedText>>): MarkedText {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => (Object.hasOwn(env, name) ? (env[name] ?? whole) : whole));
}
