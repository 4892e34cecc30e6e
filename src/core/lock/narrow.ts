import type { FoundOffers } from '../../shared/foundServer.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { Sha256 } from '../scan/allowance.ts';
import { areLockedInstructions, isLockedTool } from './drift.ts';
import type { LockedServer } from './lock.ts';

/** The tools of a server that were accepted as they are, each once. */
export function acceptedTools(locked: LockedServer | undefined, tools: readonly McpTool[], sha256: Sha256): readonly McpTool[] {
  const seen = new Set<string>();
  return tools.filter((tool) => {
    const isAccepted = locked !== undefined && !seen.has(tool.name) && isLockedTool(locked, tool, sha256);
    seen.add(tool.name);
    return isAccepted;
  });
}

/** What a server says, without what its user did not accept. */
export function acceptedOffers<Offers extends FoundOffers>(locked: LockedServer | undefined, offers: Offers, sha256: Sha256): Offers {
  const tools = acceptedTools(locked, offers.tools, sha256);
  const { instructions, ...rest } = offers;
  const isSaid = locked !== undefined && instructions !== undefined && areLockedInstructions(locked, instructions, sha256);
  return { ...rest, tools, ...(isSaid ? { instructions } : {}) } as Offers;
}

/** What a catalogue promises of a server that was never asked: in the profile's own words, of the tools that were accepted. */
export function acceptedPromises(locked: LockedServer | undefined, promised: readonly McpTool[]): readonly McpTool[] {
  return promised.filter(({ name }) => locked?.tools.has(name) === true);
}
