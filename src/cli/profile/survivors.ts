import type { Locations } from '../../node/locations.ts';
import { openRunningControl } from '../context.ts';
import { note } from '../output.ts';

/** Nobody is served any more, but a shared server that ran lives until it was idle. */
export async function saySurvivors(locations: Locations): Promise<void> {
  const running = await openRunningControl(locations);
  if (!running.ok) {
    return;
  }
  const status = await running.value.request('daemon/status', {});
  running.value.close();
  if (status.ok && status.value.instances.length > 0) {
    note('wharf: Its servers that still run end when they were idle for some minutes; "wharf daemon stop" ends all servers now.');
  }
}
