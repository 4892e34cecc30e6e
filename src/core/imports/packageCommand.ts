import { programName } from '../codexConfig/gatewayServer.ts';
import type { LeftOut, MarkedText } from './foreign.ts';
import { hasMark } from './placeholders.ts';

/** A program that a package manager fetches and runs. */
export interface PackageCommand {
  readonly registry: 'npm' | 'pypi';
  readonly name: string;
  /** Null where the newest is run, whatever that is on the day. */
  readonly version: string | null;
  /** The program in the package, where it is named apart from it. */
  readonly program: string | null;
  readonly args: readonly MarkedText[];
  readonly leftOut: readonly LeftOut[];
}

interface Runner {
  readonly registry: PackageCommand['registry'];
  /** Behind the words that say that a package is run. */
  readonly args: readonly MarkedText[];
  readonly withValue: readonly string[];
  /** Options that name the package where the word itself is the program. */
  readonly named: readonly string[];
}

const npmName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;
const pypiName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const version = /^[\w.!+-]+$/;

/**
 * Understands `npx`, `npm exec`, `pnpm dlx`, `yarn dlx`, `bunx`, `uvx`, `uv tool run` and `pipx run` with a package of a registry.
 * Undefined for anything else: other programs, and packages from git, a folder or an address.
 */
export function parsePackageCommand(command: string, args: readonly MarkedText[]): PackageCommand | undefined {
  const runner = runnerOf(programName(command), args);
  if (runner === undefined) {
    return undefined;
  }
  const leftOut: LeftOut[] = [];
  let spec: string | undefined;
  let index = 0;
  for (; index < runner.args.length && runner.args[index]?.startsWith('-') === true; index++) {
    const word = runner.args[index] ?? '';
    if (word === '--') {
      index += 1;
      break;
    }
    const [name = '', inline] = word.split(/=(.*)/s);
    if (['-c', '--call'].includes(name)) {
      return undefined;
    }
    if (runner.named.includes(name)) {
      spec ??= inline ?? runner.args[++index];
    } else if (runner.withValue.includes(name)) {
      leftOut.push({ what: `${name} ${inline ?? runner.args[++index] ?? ''}`, why: 'a package is taken from its registry as it is' });
    } else if (!['-y', '--yes', '-q', '--quiet', '--bun', '--silent', '--prefer-offline', '--prefer-online'].includes(name)) {
      leftOut.push({ what: word, why: 'it is an option of the package manager' });
    }
  }
  const word = runner.args[index];
  const parsed = parseSpec(runner.registry, spec ?? word ?? '');
  if (parsed === undefined || word === undefined) {
    return undefined;
  }
  const program = spec === undefined ? null : word;
  return { registry: runner.registry, ...parsed, program, args: runner.args.slice(index + 1), leftOut };
}

function runnerOf(program: string, args: readonly MarkedText[]): Runner | undefined {
  const npm = {
    registry: 'npm',
    withValue: ['--registry', '--node-options', '--cache', '-w', '--workspace'],
    named: ['-p', '--package'],
  } as const;
  const uv = {
    registry: 'pypi',
    withValue: [
      '--python',
      '-p',
      '--with',
      '--with-editable',
      '--index-url',
      '-i',
      '--extra-index-url',
      '--index',
      '--default-index',
      '--refresh-package',
    ],
    named: '--from --spec'.split(' '),
  } as const;
  const [first, second] = args;
  switch (program) {
    case 'npx':
    case 'bunx':
      return { ...npm, args };
    case 'npm':
      return first === 'exec' || first === 'x' ? { ...npm, args: args.slice(1) } : undefined;
    case 'pnpm':
    case 'yarn':
      return first === 'dlx' ? { ...npm, args: args.slice(1) } : undefined;
    case 'bun':
      return first === 'x' ? { ...npm, args: args.slice(1) } : undefined;
    case 'uvx':
      return { ...uv, args };
    case 'uv':
      return first === 'tool' && second === 'run' ? { ...uv, args: args.slice(2) } : undefined;
    case 'pipx':
      return first === 'run' ? { ...uv, args: args.slice(1) } : undefined;
    default:
      return undefined;
  }
}

function parseSpec(registry: PackageCommand['registry'], spec: string): Pick<PackageCommand, 'name' | 'version'> | undefined {
  if (hasMark(spec)) {
    return undefined;
  }
  const [, name = '', given] =
    registry === 'npm'
      ? (/^(@?[^@]+)(?:@(.+))?$/.exec(spec) ?? [])
      : (/^([^=@[\]<>~! ]+)(?:\[[\w,. -]*\])?(?:(?:==|@)(.+))?$/.exec(spec) ?? []);
  const isName = registry === 'npm' ? npmName.test(name) : pypiName.test(name);
  if (!isName || (given !== undefined && !version.test(given))) {
    return undefined;
  }
  // A tag, or a part of a version, is another version tomorrow.
  return { name, version: given !== undefined && /^\d+(?:\.\d+){1,3}(?:[.+-]?\w[\w.+-]*)?$/.test(given) ? given : null };
}

/** How a profile names it: `npx://NAME@VERSION` or `uvx://NAME@VERSION`. */
export function packageReference({ registry, name, version: exact }: Pick<PackageCommand, 'registry' | 'name' | 'version'>): string {
  return `${registry === 'npm' ? 'npx' : 'uvx'}://${name}${exact === null ? '' : `@${exact}`}`;
}
