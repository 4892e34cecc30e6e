import { describeError } from '../describeError.ts';
import type { Audit } from './audit.ts';
import type { HeldSession, TableListener } from './sessionTable.ts';

/** Writes down when sessions begin and end. */
export function auditSessions(audit: Audit, log: (line: string) => void): TableListener {
  const since = new WeakMap<HeldSession, number>();
  const facts = ({ number, access }: HeldSession): { readonly session: number; readonly token: string; readonly profile: string } => ({
    session: number,
    token: access.bearer.name,
    profile: access.handle,
  });
  return {
    opened: (session) => {
      since.set(session, performance.now());
      audit.say({ event: 'session-opened', ...facts(session), address: session.access.address });
    },
    closed: (session, reason) => {
      const ms = Math.round(performance.now() - (since.get(session) ?? performance.now()));
      audit.say({ event: 'session-closed', ...facts(session), reason, ms });
    },
    failed: (error) => log(`A session did not close: ${describeError(error)}`),
  };
}
