import { get } from 'node:http';

import { gatewayProbe, probePatienceMs } from '../core/codexConfig/gatewayAddress.ts';

/** Asks a gateway on this computer for its health, within 500 ms. No other host is asked: addresses of gateways are loopback ones. */
export const probeHttpService = gatewayProbe(statusOf);

/** The status of a GET. Redirections are not followed, no proxy is asked, and the body is thrown away. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(probePatienceMs) }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', () => resolve(undefined));
  });
}
