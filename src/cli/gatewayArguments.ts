import { resolve } from 'node:path';
import type { ParseArgsOptionsConfig } from 'node:util';

import * as problems from '../core/problems.ts';
import { parseMemory, parseTimeout } from '../core/profile/units.ts';
import type { SessionSelection } from '../shared/controlProtocol.ts';
import { gatewayOptions, idleOptions, refusedOptions } from '../shared/gatewayOptions.ts';
import type { GatewayRun } from '../shared/gatewayRun.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { transportOf } from './httpArguments.ts';
import { Misused, read, wholeNumber, type Values } from './optionValues.ts';
import { servedOf } from './servedArguments.ts';

/* What Codex starts once per thread loads this: keep it small, and without packages. */

export interface GatewayArguments {
  readonly run: GatewayRun;
  /** Whether the daemon serves, and this process only passes messages on. */
  readonly daemon: boolean;
  /** What to say about options that change nothing here. */
  readonly notes: readonly string[];
}

/** Reads the arguments behind `wharf gateway run`. A failure names the word that is not understood. */
export function parseGatewayArguments(args: readonly string[]): Result<GatewayArguments> {
  try {
    const known = withoutDockersOwn(args);
    const values = valuesOf(known.args);
    const transport = transportOf(values);
    const profiles = servedOf(values, transport);
    const dryRun = values.isSet('dry-run');
    return ok({
      notes: known.notes,
      daemon: !values.isSet('no-daemon') && transport.kind === 'stdio' && !dryRun,
      run: {
        profiles,
        settings: settingsOf(values),
        transport,
        dryRun,
        logCalls: values.isSet('log-calls'),
        verbose: values.isSet('verbose'),
      },
    });
  } catch (error) {
    if (error instanceof Misused) {
      return fail(problems.badArgument(error.message, 'wharf gateway run'));
    }
    throw error;
  }
}

function valuesOf(args: readonly string[]): Values {
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    gatewayOptions.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string', multiple: true }]),
  );
  const { values, tokens } = parsed(withoutSwitchValues(args), options);
  const texts = (name: string): readonly string[] => (values[name] as readonly string[] | undefined) ?? [];
  return {
    text: (name) => texts(name)[texts(name).length - 1],
    texts,
    isSet: (name) => values[name] !== undefined,
    profiles: tokens.flatMap(({ name, value = '' }): readonly SessionSelection[] =>
      name === 'profile' ? [{ by: 'id', id: value }] : name === 'profile-file' ? [{ by: 'file', path: value }] : [],
    ),
  };
}

interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly tokens: readonly { readonly kind: string; readonly name?: string; readonly value?: string | undefined }[];
}

function parsed(args: readonly string[], options: ParseArgsOptionsConfig): Parsed {
  const [option, value = '-'] = args;
  if (args.length === 2 && option === '--profile' && !value.startsWith('-')) {
    // What Codex starts for each thread: Node's parser takes a while to load.
    return { values: { profile: [value] }, tokens: [{ kind: 'option', name: 'profile', value }] };
  }
  try {
    return process.getBuiltinModule('node:util').parseArgs({ args: [...args], options, strict: true, tokens: true });
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : String(error));
  }
}

/** Without the options of Docker's gateway that change nothing here. Throws for those that would, and are not there. */
function withoutDockersOwn(args: readonly string[]): { readonly args: readonly string[]; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const kept = args.filter((arg) => {
    const [, name = ''] = /^--([a-z-]+)(?:=.*)?$/s.exec(arg) ?? [];
    const why = Object.hasOwn(refusedOptions, name) ? refusedOptions[name] : undefined;
    if (why !== undefined) {
      throw new Misused(`--${name} ${why}`);
    }
    const note = Object.hasOwn(idleOptions, name) ? idleOptions[name] : undefined;
    notes.push(...(note === undefined ? [] : [`--${name} changes nothing here: ${note}`]));
    return note === undefined;
  });
  return { args: kept, notes };
}

/** Docker's documented commands write switches as `--log-calls=false`, too. */
function withoutSwitchValues(args: readonly string[]): readonly string[] {
  const switches = gatewayOptions.filter(({ value }) => value === undefined).map(({ name }) => name);
  return args.flatMap((arg) => {
    const [, name = '', value] = /^--([a-z-]+)=(.*)$/.exec(arg) ?? [];
    if (!switches.includes(name)) {
      return [arg];
    }
    if (value !== 'true' && value !== 'false') {
      throw new Misused(`--${name} is a switch: it takes nothing, =true or =false, not "${value}".`);
    }
    return value === 'true' ? [`--${name}`] : [];
  });
}

function settingsOf(values: Values): GatewaySettings {
  const cpus = read(
    values,
    'cpus',
    (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined),
    'a number above 0',
  );
  const memory = read(values, 'memory', parseMemory, 'a size of at least 6m, such as 512m or 2Gb');
  const maxInstances = read(values, 'max-instances', (text) => wholeNumber(text, 1, 10_000), 'a whole number from 1 to 10000');
  const idleTimeoutMs = read(values, 'idle-timeout', parseTimeout, 'a time such as 30s or 5m, and at most 24h');
  const secretsFile = read(values, 'secrets', secretsPath, 'the path of a file');
  const trustProfile = read(values, 'trust-profile', sha256, 'the 64 digits of a SHA-256, as "wharf profile allow" shows it');
  const tools = values.texts('tools').flatMap(toolsOf);
  const interceptors = values.texts('interceptor').map(checkedInterceptor);
  return {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(maxInstances === undefined ? {} : { maxInstances }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(values.isSet('block-network') ? { blockNetwork: true } : {}),
    ...(values.isSet('block-secrets') ? { blockSecrets: true } : {}),
    ...(values.isSet('verify-signatures') ? { verifySignatures: true } : {}),
    ...(values.isSet('frozen') ? { frozen: true } : {}),
    ...(secretsFile === undefined ? {} : { secretsFile }),
    ...(trustProfile === undefined ? {} : { trustProfile }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(interceptors.length === 0 ? {} : { interceptors }),
  };
}

/** The daemon runs in another folder than whoever named the file. */
function secretsPath(text: string): string | undefined {
  if (/^docker-desktop(?::|$)/.test(text)) {
    throw new Misused(
      'Secrets of Docker Desktop cannot be read here: --secrets takes a file, and "wharf secret set" keeps them in the vault.',
    );
  }
  return text === '' ? undefined : resolve(text);
}

function sha256(text: string): string | undefined {
  return /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined;
}

function toolsOf(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || name.startsWith(':') || name.endsWith(':'))) {
    throw new Misused(`--tools takes names such as tool, server:tool, server:* or *, with commas between, not "${list}".`);
  }
  return names;
}

/** The form alone; the gateway reads what it means. */
function checkedInterceptor(text: string): string {
  if (!/^\s*(?:before|after)\s*:\s*(?:exec|docker|http)\s*:\s*\S/i.test(text)) {
    throw new Misused(`--interceptor takes before or after, then exec, docker or http, such as "before:exec:./check.sh", not "${text}".`);
  }
  return text;
}
