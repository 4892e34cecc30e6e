import { join } from 'node:path';

import { connectControl, ControlClient } from '../node/controlClient.ts';
import { connectOrStartDaemon, type WharfProgram } from '../node/daemonProcess.ts';
import {
  daemonSocket,
  findLocations,
  otherDaemonSockets,
  rememberedDocker,
  rememberedImage,
  rememberedVault,
  type Locations,
} from '../node/locations.ts';
import { SessionClient } from '../node/sessionClient.ts';
import { protocolVersion, type ControlMethods, type ProfileSelection } from '../shared/controlProtocol.ts';
import { ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import { changedMemory } from './dockerMemory.ts';
import { note, noteOnce } from './output.ts';

/** What every command starts from: a person's full environment, which feeds the location file. */
export function commandLocations(): Locations {
  const before = remembered();
  const locations = findLocations({ mayRecord: true });
  changedMemory(before, remembered()).forEach((words) => note(`wharf: ${words}`));
  return locations;
}

function remembered(): ReadonlyMap<string, string> {
  return new Map([...rememberedDocker(), ...rememberedVault(), ...rememberedImage()]);
}

/** This installation, as a program to start. */
export function ownProgram(): WharfProgram {
  return { node: process.execPath, script: join(__dirname, 'wharf.cjs') };
}

/** A control connection; the daemon is started when there is none. */
export async function openControl(locations: Locations): Promise<Result<ControlClient>> {
  const connection = await connectOrStartDaemon(locations, ownProgram(), { wharf: protocolVersion, role: 'control', version });
  return connection.ok ? ok(new ControlClient(connection.value.socket, daemonSocket(locations))) : connection;
}

/** One request to the daemon, which is started when there is none. */
export async function askOnce<Name extends keyof ControlMethods>(
  locations: Locations,
  method: Name,
  params: ControlMethods[Name]['params'],
): Promise<Result<ControlMethods[Name]['result']>> {
  const control = await openControl(locations);
  if (!control.ok) {
    return control;
  }
  try {
    return await control.value.request(method, params);
  } finally {
    control.value.close();
  }
}

/** A control connection to a daemon that already runs; none is started. */
export function openRunningControl(locations: Locations): Promise<Result<ControlClient>> {
  return connectControl(daemonSocket(locations));
}

/** Daemons that run for an address of Docker that is remembered no more. */
export async function openOtherControls(locations: Locations): Promise<readonly ControlClient[]> {
  const found = await Promise.all(otherDaemonSockets(locations).map((path) => connectControl(path)));
  return found.flatMap((control) => (control.ok ? [control.value] : []));
}

/** Runs `action` as an MCP client of a profile, through the daemon, and lets go of the session afterwards. */
export async function withSession<T>(profile: ProfileSelection, action: (client: SessionClient) => Promise<Result<T>>): Promise<Result<T>> {
  const hello = { wharf: protocolVersion, role: 'session', version, profile, cwd: process.cwd() } as const;
  const connection = await connectOrStartDaemon(commandLocations(), ownProgram(), hello);
  if (!connection.ok) {
    return connection;
  }
  const client = new SessionClient(connection.value, (text) => noteOnce(`wharf: ${text}`));
  try {
    const initialized = await client.initialize();
    return initialized.ok ? await action(client) : initialized;
  } finally {
    client.close();
  }
}
