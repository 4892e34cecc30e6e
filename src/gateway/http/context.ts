import type { ClientLink, ClientSession } from '../clientLink.ts';
import type { KeptTotal } from './keptEvents.ts';
import type { HttpLimits } from './limits.ts';

/** What the sessions of the endpoint work with. */
export interface HttpContext {
  readonly limits: HttpLimits;
  readonly keptTotal: KeptTotal;
  readonly log: (line: string) => void;
  open(handle: string, link: ClientLink): Promise<ClientSession>;
  /** Whether there are as many sessions as there may be. */
  isFull(): boolean;
}
