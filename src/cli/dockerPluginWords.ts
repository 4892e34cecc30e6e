/* Loaded by the program that Codex starts for each thread: keep it small, and without packages. */

/** What the Docker CLI called its plugin for, in Wharf's own words. */
export type PluginCall =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  /** An option of the Docker CLI that Wharf does not follow. */
  | { readonly kind: 'refused'; readonly option: string };

/** Variables that say the same as options of the Docker CLI; the second one would contradict it. */
const variables: Readonly<Record<string, readonly [name: string, instead?: string]>> = {
  '--config': ['DOCKER_CONFIG'],
  '--context': ['DOCKER_CONTEXT', 'DOCKER_HOST'],
  '-c': ['DOCKER_CONTEXT', 'DOCKER_HOST'],
  '--host': ['DOCKER_HOST', 'DOCKER_CONTEXT'],
  '-H': ['DOCKER_HOST', 'DOCKER_CONTEXT'],
};
/** They say nothing to Wharf. */
const passedOver: Readonly<Record<string, 'switch' | 'value'>> = {
  '-D': 'switch',
  '--debug': 'switch',
  '-l': 'value',
  '--log-level': 'value',
};

/**
 * The Docker CLI gives its plugin all of its own arguments: options of its own, then `mcp`, or `help mcp`, or cobra's `__complete
 * mcp`. What the options say is put into `env`.
 */
export function readPluginCall(args: readonly string[], env: NodeJS.ProcessEnv): PluginCall {
  let at = 0;
  for (let word = args[at]; word !== undefined && word.startsWith('-'); word = args[at]) {
    const [name = '', given] = word.startsWith('--') ? word.split(/=(.*)/s) : [word.slice(0, 2), word.slice(2) || undefined];
    const variable = variables[name];
    const kind = variable === undefined ? passedOver[name] : 'value';
    if (kind === undefined) {
      return isOfPlugin(name) ? { kind: 'run', argv: args.slice(at) } : { kind: 'refused', option: name };
    }
    const takesNext = kind === 'value' && given === undefined;
    if (variable !== undefined) {
      const [set, instead] = variable;
      env[set] = given ?? args[at + 1] ?? '';
      if (instead !== undefined) {
        env[instead] = '';
      }
    }
    at += takesNext ? 2 : 1;
  }
  const [first, ...rest] = args.slice(at);
  switch (first) {
    case 'mcp':
      return { kind: 'run', argv: rest };
    case 'help':
      return { kind: 'run', argv: [...(rest[0] === 'mcp' ? rest.slice(1) : rest), '--help'] };
    case '__complete':
    case '__completeNoDesc':
      return { kind: 'run', argv: [first, ...(rest[0] === 'mcp' ? rest.slice(1) : rest)] };
    default:
      return { kind: 'run', argv: args.slice(at) };
  }
}

function isOfPlugin(option: string): boolean {
  return ['-h', '--help', '-v', '--version'].includes(option);
}
