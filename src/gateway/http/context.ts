import type { ClientLink, ClientSession } from '../clientLink.ts';
import type { Bearer } from './bearer.ts';
import type { KeptTotal } from './keptEvents.ts';
import type { HttpLimits } from './limits.ts';

/** Who makes a request, and of which profile. */
export interface Access {
  readonly handle: string;
  readonly bearer: Bearer;
  readonly address: string;
}

/** What the sessions of the endpoint work with. */
export interface HttpContext {
  readonly limits: HttpLimits;
  readonly keptTotal: KeptTotal;
  readonly log: (line: string) => void;
  open(access: Access, session: number, link: ClientLink): Promise<ClientSession>;
  /** The number of the next session, by which the audit log names it. */
  nextNumber(): number;
  /** Why there may be no further session for this bearer; undefined where there may. */
  whyNoMore(bearer: Bearer): string | undefined;
}
