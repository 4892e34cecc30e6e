import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import { inspect } from 'node:util';

import Docker from 'dockerode';

/** A connection to the engine that keeps no process alive and that can be cut whole. */
export interface QuietDocker {
  readonly docker: Docker;
  /** Closes every socket of it. */
  readonly close: () => void;
}

/** May throw as dockerode does, where certificates are missing. */
export function quietDocker(options: Readonly<Record<string, unknown>>): QuietDocker {
  const agent = options['protocol'] === 'https' ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (to, callback) => {
    const socket = connect(to, callback);
    if (socket instanceof Socket) {
      socket.unref();
    }
    return socket;
  };
  // dockerode describes the options of every request in full, whether somebody debugs it or not.
  Object.assign(agent, { [inspect.custom]: () => 'agent' });
  const all: object = { ...options, agent };
  return { docker: new Docker(all), close: () => agent.destroy() };
}
