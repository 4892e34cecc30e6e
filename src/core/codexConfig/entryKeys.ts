import { writeValue } from './newText.ts';
import type { NewKey } from './edit.ts';
import type { GatewayEntry } from './gatewayEntry.ts';
import type { NewValue } from './newText.ts';
import type { Replacement } from './switchTransport.ts';

export function wantedValues(entry: GatewayEntry): (readonly [string, NewValue])[] {
  const reached: readonly (readonly [string, NewValue])[] =
    entry.transport === 'stdio'
      ? [
          ['command', entry.command],
          ['args', entry.args],
        ]
      : [
          ['url', entry.url],
          ['bearer_token_env_var', entry.bearerTokenEnvVar],
        ];
  return [
    ...reached,
    ['startup_timeout_sec', entry.startupTimeoutSec],
    ['tool_timeout_sec', entry.toolTimeoutSec],
    ...(entry.approval === null ? [] : ([['default_tools_approval_mode', entry.approval]] as const)),
  ];
}

/** Where one form of the entry becomes the other, these keys change in their place. */
export function replacements(entry: GatewayEntry): Replacement[] {
  return entry.transport === 'stdio'
    ? [
        { old: 'url', name: 'command', value: entry.command },
        { old: 'bearer_token_env_var', name: 'args', value: entry.args },
      ]
    : [
        { old: 'command', name: 'url', value: entry.url },
        { old: 'args', name: 'bearer_token_env_var', value: entry.bearerTokenEnvVar },
      ];
}

export function variablesOf(entry: GatewayEntry): Readonly<Record<string, string>> {
  return entry.transport === 'stdio' ? entry.env : {};
}

export function wantedKeys(entry: GatewayEntry): NewKey[] {
  return wantedValues(entry).map(([name, value]) => ({ name, text: writeValue(value) }));
}

export function wantedEnv(entry: GatewayEntry): NewKey[] {
  const env = variablesOf(entry);
  return Object.keys(env).length === 0 ? [] : [{ name: 'env', text: writeValue(env) }];
}
