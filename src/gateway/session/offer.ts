import type { KeptNames } from '../../core/lock/exposedNames.ts';
import { withoutMirroring } from '../../core/tools/mirroredParameters.ts';
import { isOffered } from '../../core/tools/toolChoice.ts';
import { isGranted, isServerGranted } from '../../core/tools/toolGrants.ts';
import { nameTools } from '../../core/tools/toolNames.ts';
import type { Profile, ProfileServer } from '../../core/profile/profile.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { ServerLists } from '../lists/serverLists.ts';
import { templatePattern, type TemplatePattern } from './uriTemplate.ts';

/** What a client calls something, and what its server calls it. */
export interface Target {
  readonly server: string;
  /** Name or address as the server knows it. */
  readonly own: string;
}

export interface ToolTarget extends Target {
  readonly listed: McpTool;
}

/** What a session offers, by the names that its client sees. */
export interface Offer {
  readonly tools: ReadonlyMap<string, ToolTarget>;
  readonly prompts: ReadonlyMap<string, Target>;
  readonly resources: ReadonlyMap<string, Target>;
  readonly templates: readonly { readonly pattern: TemplatePattern; readonly server: string }[];
  /** The lists as JSON, ready to be sent as results. */
  readonly bytes: {
    readonly tools: Buffer;
    readonly prompts: Buffer;
    readonly resources: Buffer;
    readonly templates: Buffer;
  };
}

/** A server with what is known that it offers; null when nothing is known. */
export interface OfferedServer {
  readonly server: ProfileServer;
  readonly lists: ServerLists | null;
}

/** What of something that a server lists its client may see. */
export type Show = <Part extends object>(server: string, listed: Part) => Part;

/**
 * Puts the servers' lists together, in the order of the profile. `chosenTools` is the choice of `--tools`, where there is one;
 * `granted` narrows it to what the client's token takes in, and changes no name; `show` gives what the client may see of each entry;
 * `names` are those that tools have since they were accepted.
 */
export function makeOffer(
  profile: Profile,
  servers: readonly OfferedServer[],
  chosenTools: readonly string[] | undefined,
  granted?: readonly string[],
  show: Show = (_server, listed) => listed,
  names?: KeptNames,
): Offer {
  const isWhole = (server: string): boolean => isServerGranted(server, granted);
  const tools = offerTools(profile, servers, { chosen: chosenTools, show, names }).filter(({ target }) =>
    isGranted(target.server, target.own, granted),
  );
  const prompts = offerPrompts(servers, show).filter(({ target }) => isWhole(target.server));
  const resources = offerResources(servers, show).filter(({ target }) => isWhole(target.server));
  const templates = servers
    .filter(({ server }) => isWhole(server.name))
    .flatMap(({ server, lists }) =>
      (lists?.templates ?? []).map((template) => ({ template: show(server.name, template), server: server.name })),
    );
  return {
    tools: new Map(tools.map((tool) => [tool.exposed, tool.target])),
    prompts: new Map(prompts.map((prompt) => [prompt.exposed, prompt.target])),
    resources: new Map(resources.map((resource) => [resource.exposed, resource.target])),
    templates: templates.map(({ template, server }) => ({ pattern: templatePattern(template.uriTemplate), server })),
    bytes: {
      // The headers that a remote server wants are between it and Wharf.
      tools: jsonOf({ tools: withoutMirroring(tools.map(({ exposed, target }) => ({ ...target.listed, name: exposed }))) }),
      prompts: jsonOf({ prompts: prompts.map(({ exposed, listed }) => ({ ...listed, name: exposed })) }),
      resources: jsonOf({ resources: resources.map(({ exposed, listed }) => ({ ...listed, uri: exposed })) }),
      templates: jsonOf({ resourceTemplates: templates.map(({ template }) => template) }),
    },
  };
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function offerTools(
  profile: Profile,
  servers: readonly OfferedServer[],
  {
    chosen,
    show,
    names: kept,
  }: { readonly chosen: readonly string[] | undefined; readonly show: Show; readonly names: KeptNames | undefined },
): readonly { readonly exposed: string; readonly target: ToolTarget }[] {
  const offered = servers.map(({ server, lists }) => ({
    server: server.name,
    tools: (lists?.tools ?? server.promisedTools)
      .filter((tool) => isOffered({ server: server.name, chosen: server.tools }, tool.name, chosen))
      .map((tool) => ({ own: tool.name, shown: show(server.name, tool) })),
  }));
  const listed = offered.flatMap(({ tools }) => tools);
  const names = nameTools(
    offered.map(({ server, tools }) => ({ server, tools: tools.map(({ shown }) => shown.name) })),
    profile.toolNames,
    kept,
  );
  return names.flatMap(({ exposed, server }, index) => {
    const found = listed[index];
    return found === undefined ? [] : [{ exposed, target: { server, own: found.own, listed: found.shown } }];
  });
}

function offerPrompts(
  servers: readonly OfferedServer[],
  show: Show,
): readonly { readonly exposed: string; readonly listed: Readonly<Record<string, unknown>>; readonly target: Target }[] {
  const taken = new Set<string>();
  return servers.flatMap(({ server, lists }) =>
    (lists?.prompts ?? []).map((own) => {
      const listed = show(server.name, own);
      const exposed = firstFree([listed.name, `${server.name}__${listed.name}`], taken);
      taken.add(exposed);
      return { exposed, listed, target: { server: server.name, own: own.name } };
    }),
  );
}

/** Two servers may use one address for different things: the later one gets its name in front of the scheme. */
function offerResources(
  servers: readonly OfferedServer[],
  show: Show,
): readonly { readonly exposed: string; readonly listed: Readonly<Record<string, unknown>>; readonly target: Target }[] {
  const taken = new Set<string>();
  return servers.flatMap(({ server, lists }) =>
    (lists?.resources ?? []).map((own) => {
      const listed = show(server.name, own);
      const exposed = firstFree([listed.uri, `${server.name.replace(/[^A-Za-z0-9.-]/g, '-')}+${listed.uri}`], taken);
      taken.add(exposed);
      return { exposed, listed, target: { server: server.name, own: own.uri } };
    }),
  );
}

function firstFree(wanted: readonly [string, string], taken: ReadonlySet<string>): string {
  const free = wanted.find((name) => !taken.has(name));
  for (let number = 2, name = free; ; number++) {
    if (name !== undefined && !taken.has(name)) {
      return name;
    }
    name = `${wanted[1]}_${number}`;
  }
}
