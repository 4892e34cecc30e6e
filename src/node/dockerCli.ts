import { connect } from 'node:net';

/** Where a Docker CLI waits for its plugin to notice its end: a killed one closes neither the plugin's stdin nor its pipes. */
const variable = 'DOCKER_CLI_PLUGIN_SOCKET';

/**
 * As a plugin of the Docker CLI, calls `ended` once when that ends, or wants its plugin to end. Does nothing where the Docker CLI
 * is an older one, or nobody listens there: the parent's death shows that as well, only later.
 */
export function watchDockerCli(ended: () => void, env: NodeJS.ProcessEnv = process.env): void {
  const address = env[variable] ?? '';
  if (address === '') {
    return;
  }
  // Go writes the first byte of Linux's abstract names as "@".
  const socket = connect({ path: address.startsWith('@') ? `\0${address.slice(1)}` : address });
  let isConnected = false;
  socket
    .once('connect', () => (isConnected = true))
    .on('error', () => undefined)
    .once('close', () => {
      if (isConnected) {
        ended();
      }
    })
    // Nothing is said there; without reading, its end would not be seen.
    .resume()
    .unref();
}
