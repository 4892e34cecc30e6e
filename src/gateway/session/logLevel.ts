import { membersOf } from '../../node/envelope.ts';
import { logLevels } from '../../shared/mcp.ts';

/** How much of the servers' logging a client wants to hear; all of it until it says so. */
export class LogLevel {
  /** As the client named it; undefined until it did. */
  name: string | undefined;

  /** `params` of `logging/setLevel`. */
  set(params: unknown): void {
    const level = (params as { readonly level?: unknown } | undefined)?.level;
    this.name = typeof level === 'string' && logLevels.includes(level) ? level : this.name;
  }

  /** `params` of a `notifications/message`, as JSON. */
  passes(params: Buffer | undefined): boolean {
    if (this.name === undefined || params === undefined) {
      return true;
    }
    const { level } = membersOf(params);
    return logLevels.indexOf(String(level)) >= logLevels.indexOf(this.name);
  }
}
