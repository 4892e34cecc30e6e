import type { ProfileSelection } from '../shared/controlProtocol.ts';

/** What runs as a service of the user, so that Codex finds a gateway at a fixed address. */
export interface ServiceSetup {
  /** Absolute path of the launcher, which stays the same across updates. */
  readonly launcher: string;
  readonly port: number;
  /** At least one. */
  readonly profiles: readonly ProfileSelection[];
  /** A file with `MCP_GATEWAY_AUTH_TOKEN=…`, for this user alone. The token itself is in no unit and in no argument. */
  readonly tokenFile: string;
  /** Variables that the gateway needs; none of them is a secret. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where the service writes, for a service manager that keeps no journal. */
  readonly logFile: string;
}

/** The first words of every unit that Wharf writes: one without them is somebody else's. */
const unitMark = 'Written by Wharf, for Codex over HTTP';

/** Whether Wharf wrote a unit, and for the data folder that has this token. */
export function isUnitFor(text: string, token: string): boolean {
  return text.includes(unitMark) && [systemdPattern(token), xml(token)].some((path) => text.includes(path));
}

function gatewayArguments({ port, profiles }: ServiceSetup): readonly string[] {
  const served = profiles.flatMap((profile) => (profile.by === 'id' ? ['--profile', profile.id] : ['--profile-file', profile.path]));
  return ['gateway', 'run', '--transport', 'streaming', '--host', '127.0.0.1', '--port', String(port), ...served];
}

/**
 * A systemd unit of the user. It is hardened as far as servers that run as the user's own programs can bear. When memory is
 * short, one of them may be killed and the gateway goes on; a core dump would hold the token, so there is none.
 */
export function systemdUnit(setup: ServiceSetup): string {
  return [
    `# ${unitMark}. "wharf client connect" and "disconnect" rewrite and remove it.`,
    '[Unit]',
    'Description=Wharf gateway for Codex',
    'StartLimitIntervalSec=60',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${systemdCommand([setup.launcher, ...gatewayArguments(setup)])}`,
    `EnvironmentFile=${systemdPattern(setup.tokenFile)}`,
    ...Object.entries(setup.variables).map(([name, value]) => `Environment=${systemdWord(`${name}=${value}`)}`),
    'Restart=on-failure',
    'RestartSec=2',
    'KillMode=mixed',
    'TimeoutStopSec=20',
    'OOMPolicy=continue',
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'LimitCORE=0',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

/** A program whose path has a quote or a backslash is refused as such ("Executable name contains special characters"): a shell becomes it. */
function systemdCommand([launcher = '', ...args]: readonly string[]): string {
  const argument = (word: string): string => systemdWord(word).replaceAll('$', '$$$$');
  const program = /["'\\\n\r]/.test(launcher) ? ['/bin/sh', '-c', argument('exec "$0" "$@"'), argument(launcher)] : [systemdWord(launcher)];
  return [...program, ...args.map(argument)].join(' ');
}

/** systemd.service(5), "Command lines": quotes take C escapes, and `%` begins a specifier anywhere. */
function systemdWord(word: string): string {
  const safe = specifierFree(word);
  if (/^[\w@+=:,./%-]+$/.test(safe)) {
    return safe;
  }
  return `"${safe.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

/** `EnvironmentFile=` takes no quotes, and a pattern of glob(7). */
function systemdPattern(path: string): string {
  return specifierFree(path).replace(/[\\*?[]/g, '\\$&');
}

function specifierFree(text: string): string {
  return text.replaceAll('%', '%%');
}

/** Names the agent to launchd. */
export const launchdLabel = 'dev.wharf.gateway';

/** A launchd agent. launchd reads no file of variables, so a shell reads it and becomes the gateway. */
export function launchdAgent(setup: ServiceSetup): string {
  const script = 'set -a; . "$0"; exec "$@"';
  const words = ['/bin/sh', '-c', script, setup.tokenFile, setup.launcher, ...gatewayArguments(setup)];
  const variables = Object.entries(setup.variables).map(
    ([name, value]) => `    <key>${xml(name)}</key>\n    <string>${xml(value)}</string>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<!-- ${unitMark}. "wharf client connect" and "disconnect" rewrite and remove it. -->`,
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    '  <key>Label</key>',
    `  <string>${launchdLabel}</string>`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...words.map((word) => `    <string>${xml(word)}</string>`),
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...variables,
    '  </dict>',
    '  <key>RunAtLoad</key>',
    '  <true/>',
    '  <key>KeepAlive</key>',
    '  <dict>',
    '    <key>SuccessfulExit</key>',
    '    <false/>',
    '  </dict>',
    '  <key>HardResourceLimits</key>',
    '  <dict>',
    '    <key>Core</key>',
    '    <integer>0</integer>',
    '  </dict>',
    '  <key>StandardErrorPath</key>',
    `  <string>${xml(setup.logFile)}</string>`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
