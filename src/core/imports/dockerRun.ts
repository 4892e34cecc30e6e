import type { LeftOut, MarkedText } from './foreign.ts';
import { flagNamed, whyNot, type FlagRole } from './dockerFlags.ts';

/** `docker run …` taken apart. */
export interface DockerRun {
  readonly image: MarkedText;
  /** What stands behind the image. */
  readonly command: readonly MarkedText[];
  /** A null value is passed on from the environment of the command. */
  readonly env: readonly (readonly [name: string, value: MarkedText | null])[];
  readonly mounts: readonly GivenMount[];
  readonly tmpfs: readonly string[];
  readonly network: string | null;
  readonly memory: string | null;
  readonly cpus: string | null;
  readonly user: string | null;
  readonly capAdd: readonly string[];
  readonly shm: string | null;
  readonly leftOut: readonly LeftOut[];
}

/** One `-v` or `--mount`. */
export interface GivenMount {
  readonly written: string;
  readonly source: MarkedText;
  readonly target: string;
  readonly readOnly: boolean;
}

interface Option {
  readonly name: string;
  readonly role: FlagRole;
  readonly value: string;
}

/**
 * Takes the arguments of `docker` apart as its command line does. A text says in half a sentence why they are no run of an image that
 * an entry can stand for.
 */
export function parseDockerRun(args: readonly MarkedText[]): DockerRun | string {
  const start = runIndex(args);
  if (start === -1) {
    return `"docker ${args.find((word) => !word.startsWith('-')) ?? ''}" starts no image by itself`;
  }
  const options: Option[] = [];
  const leftOut: LeftOut[] = start > 1 ? [{ what: args.slice(0, start - 1).join(' '), why: 'the gateway uses the engine of its own' }] : [];
  let index = start;
  for (; index < args.length && args[index]?.startsWith('-') === true && args[index] !== '--'; index++) {
    const read = readOption(args, index);
    if (typeof read === 'string') {
      return read;
    }
    options.push(...read.options);
    index = read.last;
  }
  index += args[index] === '--' ? 1 : 0;
  const image = args[index];
  if (image === undefined) {
    return 'it names no image';
  }
  const needed = options.find(({ role }) => role === 'needed');
  if (needed !== undefined) {
    return `${needed.name} starts another program than the image's own`;
  }
  return { image, command: args.slice(index + 1), ...takenFrom(options, leftOut) };
}

/** Behind the word `run`; before it only options of docker itself may stand. */
function runIndex(args: readonly string[]): number {
  const withValue = ['-c', '--context', '-H', '--host', '--config', '-l', '--log-level', '--tlscacert', '--tlscert', '--tlskey'];
  let index = 0;
  while (args[index]?.startsWith('-') === true) {
    index += withValue.includes(args[index] ?? '') ? 2 : 1;
  }
  index += args[index] === 'container' ? 1 : 0;
  return args[index] === 'run' ? index + 1 : -1;
}

function readOption(args: readonly string[], index: number): { readonly options: readonly Option[]; readonly last: number } | string {
  const word = args[index] ?? '';
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const flag = flagNamed(name);
    if (flag === undefined) {
      return `"${name}" is no option of "docker run" that is known`;
    }
    if (!flag.takesValue || equals !== -1) {
      const isOff = !flag.takesValue && word.slice(equals + 1) === 'false';
      return { options: isOff ? [] : [{ name, role: flag.role, value: equals === -1 ? '' : word.slice(equals + 1) }], last: index };
    }
    return { options: [{ name, role: flag.role, value: args[index + 1] ?? '' }], last: index + 1 };
  }
  const options: Option[] = [];
  // `-it`, `-eNAME`, `-e=NAME`.
  for (let at = 1; at < word.length; at++) {
    const name = `-${word.charAt(at)}`;
    const flag = flagNamed(name);
    if (flag === undefined) {
      return `"${name}" is no option of "docker run" that is known`;
    }
    const rest = word.slice(at + 1).replace(/^=/, '');
    if (flag.takesValue) {
      const isApart = rest === '';
      options.push({ name, role: flag.role, value: isApart ? (args[index + 1] ?? '') : rest });
      return { options, last: isApart ? index + 1 : index };
    }
    options.push({ name, role: flag.role, value: '' });
  }
  return { options, last: index };
}

function takenFrom(options: readonly Option[], leftOut: LeftOut[]): Omit<DockerRun, 'image' | 'command'> {
  const all = (role: FlagRole): readonly string[] => options.filter((option) => option.role === role).map(({ value }) => value);
  const mounts: GivenMount[] = [];
  const tmpfs = all('tmpfs').map((text) => text.split(':')[0] ?? text);
  for (const { name, role, value } of options) {
    if (role === 'left') {
      leftOut.push({ what: value === '' ? name : `${name} ${value}`, why: whyNot(name) });
    }
    if (role === 'volume' || role === 'mount') {
      const mount = role === 'volume' ? volume(value, `${name} ${value}`) : mountOption(value, `${name} ${value}`);
      if (typeof mount === 'string') {
        leftOut.push({ what: `${name} ${value}`, why: mount });
      } else if (mount.source === '') {
        tmpfs.push(mount.target);
      } else {
        mounts.push(mount);
      }
    }
  }
  return {
    env: all('env').map((text) => {
      const equals = text.indexOf('=');
      return equals === -1 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
    mounts,
    tmpfs,
    network: all('network').at(-1) ?? null,
    memory: all('memory').at(-1) ?? null,
    cpus: all('cpus').at(-1) ?? null,
    user: all('user').at(-1) ?? null,
    capAdd: all('capAdd'),
    shm: all('shm').at(-1) ?? null,
    leftOut,
  };
}

/** `SOURCE:TARGET[:MODES]`, where SOURCE may begin with a drive. */
function volume(text: string, written: string): GivenMount | string {
  const [, source, target, modes = ''] = /^((?:[A-Za-z]:(?=[\\/]))?[^:]+):([^:]+)(?::([^:]*))?$/.exec(text) ?? [];
  if (source === undefined || target === undefined) {
    return 'an anonymous volume is gone with its container: name a folder';
  }
  return { written, source, target, readOnly: modes.split(',').some((mode) => mode === 'ro' || mode === 'readonly') };
}

/** `type=bind,src=SOURCE,dst=TARGET[,readonly]`; an empty source is a folder in memory. */
function mountOption(text: string, written: string): GivenMount | string {
  const fields = new Map(
    text.split(',').map((part) => [part.split('=')[0] ?? '', part.includes('=') ? part.slice(part.indexOf('=') + 1) : 'true']),
  );
  const field = (...names: readonly string[]): string | undefined => names.map((name) => fields.get(name)).find((one) => one !== undefined);
  const [type, target] = [field('type') ?? 'volume', field('dst', 'destination', 'target')];
  const source = type === 'tmpfs' ? '' : field('src', 'source');
  if (target === undefined || source === undefined) {
    return 'an anonymous volume is gone with its container: name a folder';
  }
  const readOnly = ['true', '1'].includes(field('readonly', 'ro') ?? 'false');
  return { written, source, target, readOnly };
}
