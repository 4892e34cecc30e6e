import type { ImportOrigin, LeftOut } from './foreign.ts';
import type { ImportedServer } from './imported.ts';

/** What a program reads of an import: documented in docs/commands.md. */
export interface ImportReport {
  readonly profile: { readonly id: string; readonly path: string; readonly written: boolean };
  readonly servers: readonly ReportedServer[];
  /** Names in the vault that servers need; `stored` where this import put the value there. */
  readonly secrets: readonly { readonly name: string; readonly inFile: boolean; readonly stored: boolean }[];
  /** Entries that are no servers. */
  readonly unusable: readonly { readonly name: string; readonly file: string; readonly why: string }[];
}

interface ReportedServer {
  readonly name: string;
  readonly client: ImportOrigin;
  readonly file: string;
  readonly as: string;
  readonly result: 'container' | 'remote' | 'native' | 'package' | 'left';
  /** Why it was left; null where it was not. */
  readonly why: string | null;
  readonly image: string | null;
  readonly endpoint: string | null;
  readonly reference: string | null;
  readonly catalogue: string | null;
  readonly carried: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly next: readonly string[];
}

export function reported({ server, as, outcome, carried, leftOut, next }: ImportedServer): ReportedServer {
  const entry = 'entry' in outcome ? outcome.entry : {};
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    name: server.name,
    client: server.client,
    file: server.file,
    as,
    result: outcome.kind,
    why: outcome.kind === 'left' ? outcome.why : null,
    image: text(entry['image']),
    endpoint: text(entry['endpoint']),
    reference: outcome.kind === 'package' ? outcome.reference : null,
    catalogue: 'catalogue' in outcome ? outcome.catalogue : null,
    carried,
    leftOut,
    next,
  };
}

/** Names of secrets that servers need, each once, and the values that stood in files. */
export function neededSecrets(servers: readonly ImportedServer[]): ReadonlyMap<string, string | null> {
  const needed = new Map<string, string | null>();
  for (const { name, value } of servers.flatMap(({ needs }) => needs)) {
    needed.set(name, needed.get(name) ?? value);
  }
  return needed;
}

/** What became of each server, for a person. No value of a secret is in it. */
export function reportLines(servers: readonly ImportedServer[]): readonly string[] {
  return servers.flatMap((imported) => {
    const { server, as, outcome, carried, leftOut, next } = imported;
    const renamed = as === server.name || outcome.kind === 'left' ? '' : ` (as ${as})`;
    return [
      `${server.name}${renamed}: ${outcomeWords(imported)}`,
      ...(carried.length === 0 ? [] : [`  carried over: ${carried.join('; ')}`]),
      ...leftOut.map(({ what, why }) => `  not carried over: ${what}: ${why}`),
      ...next.map((line) => `  next: ${line}`),
    ];
  });
}

function outcomeWords({ outcome }: ImportedServer): string {
  switch (outcome.kind) {
    case 'container':
      return 'runs in a container';
    case 'remote':
      return 'is reached as a remote server';
    case 'native':
      return 'goes on running as you, outside any container';
    case 'package':
      return `is the package ${outcome.reference}, and not in the profile yet`;
    case 'left':
      return `is left where it is: ${outcome.why}`;
  }
}
