import { isReferenceInVariable } from '../secrets/reference.ts';
import type { Config } from './configSchema.ts';

/** What a template became. */
export interface Filled {
  /** One text, or several where `into` puts a list in its place. */
  readonly texts: readonly string[];
  /** References to secrets among the values that went in: only where one is the whole text may it stand for its value. */
  readonly references: readonly string[];
}

type Value = string | readonly string[];

/** Without a brace inside, so that a text of many braces costs no more than its length. */
const place = /\{\{([^{}]*)\}\}/g;
/** No template of a catalogue has more than a few. */
const mostFunctions = 10;

export function hasTemplate(text: string): boolean {
  return text.includes('{{');
}

/**
 * Docker's templates, `{{server.key|function|…}}`, over the configuration of one server (reference: docker-gateway §2.2). Paths
 * start with the server's name, dots in it written as they are or as underscores. What has no value is empty, and functions that
 * nobody knows are passed over.
 */
export function fillConfigTemplate(text: string, server: string, config: Config): Filled {
  const names = [server, server.replaceAll('.', '_')];
  return fill(text, (path) => {
    const name = names.find((one) => path.startsWith(`${one}.`));
    return name === undefined ? '' : valueAt(path.slice(name.length + 1), config);
  });
}

/** The same over the arguments of a call, whose names the paths start with. */
export function fillCallTemplate(text: string, args: Config): readonly string[] {
  return fill(text, (path) => valueAt(path, args)).texts;
}

function fill(text: string, lookUp: (path: string) => Value): Filled {
  const references: string[] = [];
  const valueOf = (expression: string): { readonly value: Value; readonly isSpliced: boolean } => {
    const [path = '', ...functions] = expression.split('|').map((part) => part.trim());
    let value = lookUp(path);
    [value].flat().forEach((one) => isReferenceInVariable(one) && references.push(one));
    for (const name of functions.slice(0, mostFunctions)) {
      value = applied(name, value);
    }
    return { value, isSpliced: functions.includes('into') };
  };
  const whole = /^\{\{([^{}]*)\}\}$/.exec(text);
  if (whole !== null) {
    const { value, isSpliced } = valueOf(whole[1] ?? '');
    const texts = typeof value === 'string' ? (isSpliced && value === '' ? [] : [value]) : isSpliced ? value : [value.join(',')];
    return { texts, references };
  }
  const filled = text.replaceAll(place, (_whole, expression: string) => [valueOf(expression).value].flat().join(','));
  return { texts: [filled], references };
}

function valueAt(path: string, values: Config): Value {
  let value: unknown = values;
  for (const key of path.split('.')) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return Array.isArray(value) ? value.map(textOf) : textOf(value);
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return '';
  }
}

function applied(name: string, value: Value): Value {
  const [, word = name, argument = ''] = /^([a-z_-]+):(.*)$/s.exec(name) ?? [];
  const each = (change: (text: string) => string): Value =>
    typeof value === 'string' ? (value === '' ? '' : change(value)) : value.filter((text) => text !== '').map(change);
  switch (word) {
    case 'volume':
      return each((path) => `${path}:${inContainer(path)}`);
    case 'volume-target':
      return each(inContainer);
    case 'mount_as':
      return each((path) => `${path}:${argument}`);
    case 'first':
      return typeof value === 'string' ? value : (value[0] ?? '');
    case 'last':
      return typeof value === 'string' ? value : (value.at(-1) ?? '');
    case 'or':
      return value.length > 0 ? value : defaultOf(argument);
    default:
      return value;
  }
}

/** `or:text`, or `or:[a,b]` for a list. */
function defaultOf(argument: string): Value {
  const [, list] = /^\[(.*)\]$/s.exec(argument) ?? [];
  return list === undefined
    ? argument
    : list
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
}

/** Where a path of this computer stands in a container: on Windows `C:\work` is `/C/work`. */
export function inContainer(path: string): string {
  const [, drive, rest = ''] = /^([A-Za-z]):[\\/](.*)$/s.exec(path) ?? [];
  return drive === undefined ? path : `/${drive}/${rest.replaceAll('\\', '/')}`;
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
