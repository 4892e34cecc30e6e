import { probePatienceMs } from '../core/codexConfig/gatewayAddress.ts';

/** The status of a GET, without following redirections; undefined where nobody answers within 500 ms. */
export async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(probePatienceMs) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
