import type { FoundImage, FoundOffers, FoundServer } from '../../shared/foundServer.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { Sha256 } from '../scan/allowance.ts';
import { definitionHash, definitionOf, definitionParts, differingParts, type Definition, type DefinitionPart } from './definition.ts';
import { isLockedImage, type LockedImage, type LockedServer, type LockedText, type ProfileLock } from './lock.ts';

/** One way in which servers are not what was accepted. */
export type Drift =
  /** The profile has it and the lock does not: none of its tools are served. */
  | { readonly kind: 'serverAdded'; readonly server: string }
  | { readonly kind: 'serverRemoved'; readonly server: string }
  | { readonly kind: 'imageChanged'; readonly server: string; readonly before: LockedImage | null; readonly after: FoundImage | null }
  | {
      readonly kind: 'instructionsChanged';
      readonly server: string;
      readonly before: LockedText | null;
      readonly after: string | null;
    }
  | { readonly kind: 'toolAdded'; readonly server: string; readonly tool: string; readonly after: Definition }
  | { readonly kind: 'toolRemoved'; readonly server: string; readonly tool: string; readonly before: Definition | null }
  | {
      readonly kind: 'toolChanged';
      readonly server: string;
      readonly tool: string;
      /** Empty where the lock keeps the hash alone. */
      readonly parts: readonly DefinitionPart[];
      readonly before: Definition | null;
      readonly after: Definition;
    };

/** Everything in which the servers of a profile differ from its lock, in the order of the profile. What is not known does not differ. */
export function driftOf(lock: ProfileLock, found: readonly FoundServer[], sha256: Sha256): readonly Drift[] {
  const names = new Set(found.map(({ name }) => name));
  const removed = [...lock.servers.keys()].filter((name) => !names.has(name));
  return [
    ...found.flatMap((server) => serverDrift(lock.servers.get(server.name), server, sha256)),
    ...removed.map((server) => ({ kind: 'serverRemoved', server }) as const),
  ];
}

/** The same for one server of the profile. */
export function serverDrift(locked: LockedServer | undefined, found: FoundServer, sha256: Sha256): readonly Drift[] {
  const { name: server, image, offers } = found;
  if (locked === undefined) {
    return [{ kind: 'serverAdded', server }];
  }
  const isOther = isLockedImage(locked.image, image) === false;
  return [
    ...(isOther ? [{ kind: 'imageChanged', server, before: locked.image, after: image } as const] : []),
    ...(offers === null ? [] : [...instructionsDrift(locked, server, offers, sha256), ...toolDrift(locked, server, offers.tools, sha256)]),
  ];
}

function instructionsDrift(locked: LockedServer, server: string, offers: FoundOffers, sha256: Sha256): readonly Drift[] {
  return areLockedInstructions(locked, offers.instructions, sha256)
    ? []
    : [{ kind: 'instructionsChanged', server, before: locked.instructions, after: offers.instructions ?? null }];
}

export function areLockedInstructions({ instructions }: LockedServer, text: string | undefined, sha256: Sha256): boolean {
  return text === undefined ? instructions === null : instructions?.sha256 === sha256(text);
}

/** Whether a tool is word for word the accepted one. */
export function isLockedTool({ tools }: LockedServer, tool: McpTool, sha256: Sha256): boolean {
  const locked = tools.get(tool.name)?.sha256;
  return locked !== undefined && locked === definitionHash(tool, sha256);
}

function toolDrift(locked: LockedServer, server: string, tools: readonly McpTool[], sha256: Sha256): readonly Drift[] {
  // Of two tools with one name only the first can be meant; a server that has two is broken, and not changed.
  const first = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  const gone = [...locked.tools].filter(([name]) => !first.has(name));
  return [
    ...tools.flatMap((tool): readonly Drift[] =>
      first.get(tool.name) !== tool || isLockedTool(locked, tool, sha256) ? [] : [otherTool(locked, server, tool)],
    ),
    ...gone.map(([tool, { definition }]) => ({ kind: 'toolRemoved', server, tool, before: definition }) as const),
  ];
}

function otherTool(locked: LockedServer, server: string, tool: McpTool): Drift {
  const before = locked.tools.get(tool.name);
  const after = definitionOf(tool);
  if (before === undefined) {
    return { kind: 'toolAdded', server, tool: tool.name, after };
  }
  const parts = before.definition === null ? [] : differingParts(before.definition, after);
  return { kind: 'toolChanged', server, tool: tool.name, parts, before: before.definition, after };
}

const partWords: Readonly<Record<DefinitionPart, string>> = {
  title: 'title',
  description: 'description',
  inputSchema: 'input schema',
  outputSchema: 'output schema',
  annotations: 'annotations',
  other: 'other members',
};

/** Such as `description and input schema`. */
export function partsInWords(parts: readonly DefinitionPart[]): string {
  const words = definitionParts.filter((part) => parts.includes(part)).map((part) => partWords[part]);
  const last = words.pop() ?? 'definition';
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}
