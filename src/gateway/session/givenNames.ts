import type { KeptNames } from '../../core/lock/exposedNames.ts';
import type { Profile } from '../../core/profile/profile.ts';
import type { ToolTarget } from './offer.ts';

/** A server that has other tools each time it is asked must not fill the memory. */
const mostNames = 20_000;

/** The names that one client knows tools by: they stay its, whatever servers come or change. */
export class GivenNames {
  private readonly byServer = new Map<string, Map<string, string>>();
  private count = 0;
  private style: Profile['toolNames'] | undefined;

  /** These names of a lock, which go first, and those that were given before in this style. */
  with(locked: KeptNames, style: Profile['toolNames']): KeptNames {
    if (style !== this.style) {
      this.style = style;
      this.byServer.clear();
    }
    const servers = new Set([...this.byServer.keys(), ...locked.keys()]);
    return new Map([...servers].map((server) => [server, new Map([...(this.byServer.get(server) ?? []), ...(locked.get(server) ?? [])])]));
  }

  keep(tools: ReadonlyMap<string, ToolTarget>): void {
    if (this.count > mostNames) {
      this.byServer.clear();
      this.count = 0;
    }
    for (const [exposed, { server, own }] of tools) {
      const names = this.byServer.get(server) ?? new Map<string, string>();
      this.count += names.has(own) ? 0 : 1;
      this.byServer.set(server, names.set(own, exposed));
    }
  }
}
