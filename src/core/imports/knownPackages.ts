import type { CatalogEntry, CatalogLookup } from '../catalog/entry.ts';
import type { PackageCommand } from './packageCommand.ts';

/** The server of Docker's catalogue that a package is, and its image without tag and digest: a name alone could be anybody's. */
interface KnownServer {
  readonly name: string;
  readonly image: string;
}

const official = '@modelcontextprotocol/server-';

const known: readonly (readonly [registry: PackageCommand['registry'], packages: string, name: string, image: string])[] = [
  ['npm', `${official}filesystem`, 'filesystem', 'mcp/filesystem'],
  ['npm', `${official}memory`, 'memory', 'mcp/memory'],
  ['npm', `${official}sequential-thinking`, 'sequentialthinking', 'mcp/sequentialthinking'],
  ['npm', `${official}github`, 'github', 'mcp/github'],
  ['npm', `${official}gitlab`, 'gitlab', 'mcp/gitlab'],
  ['npm', `${official}slack`, 'slack', 'mcp/slack'],
  ['npm', `${official}puppeteer`, 'puppeteer', 'mcp/puppeteer'],
  ['npm', `${official}everart`, 'everart', 'mcp/everart'],
  ['npm', `${official}google-maps`, 'google-maps', 'mcp/google-maps'],
  ['npm', `${official}aws-kb-retrieval`, 'aws-kb-retrieval-server', 'mcp/aws-kb-retrieval-server'],
  ['npm', `${official}brave-search @brave/brave-search-mcp-server`, 'brave', 'mcp/brave-search'],
  ['npm', '@playwright/mcp', 'playwright', 'mcp/playwright'],
  ['npm', '@notionhq/notion-mcp-server', 'notion', 'mcp/notion'],
  ['npm', 'tavily-mcp', 'tavily', 'mcp/tavily'],
  ['npm', 'exa-mcp-server', 'exa', 'mcp/exa'],
  ['npm', 'firecrawl-mcp', 'firecrawl', 'mcp/firecrawl'],
  ['npm', 'mongodb-mcp-server', 'mongodb', 'mcp/mongodb'],
  ['npm', '@stripe/mcp', 'stripe', 'mcp/stripe'],
  ['npm', '@heroku/mcp-server', 'heroku', 'mcp/heroku'],
  ['npm', '@elastic/mcp-server-elasticsearch', 'elasticsearch', 'mcp/elasticsearch'],
  ['npm', '@openbnb/mcp-server-airbnb', 'openbnb-airbnb', 'mcp/openbnb-airbnb'],
  ['npm', '@apify/actors-mcp-server', 'apify-mcp-server', 'mcp/apify-mcp-server'],
  ['npm', 'mcp-server-kubernetes', 'kubernetes', 'mcp/kubernetes'],
  ['npm', '@nekzus/mcp-server', 'npm-sentinel', 'mcp/npm-sentinel'],
  ['pypi', 'mcp-server-fetch', 'fetch', 'mcp/fetch'],
  ['pypi', 'mcp-server-time', 'time', 'mcp/time'],
  ['pypi', 'mcp-server-git', 'git', 'mcp/git'],
  ['pypi', 'mcp-server-sqlite', 'SQLite', 'mcp/sqlite'],
  ['pypi', 'mcp-server-sentry', 'sentry', 'mcp/sentry'],
  ['pypi', 'duckduckgo-mcp-server', 'duckduckgo', 'mcp/duckduckgo'],
  ['pypi', 'arxiv-mcp-server', 'arxiv-mcp-server', 'mcp/arxiv-mcp-server'],
  ['pypi', 'awslabs.aws-documentation-mcp-server', 'aws-documentation', 'mcp/aws-documentation'],
  ['pypi', 'elevenlabs-mcp', 'elevenlabs', 'mcp/elevenlabs'],
  ['pypi', 'markitdown-mcp', 'markitdown', 'mcp/markitdown'],
  ['pypi', 'mcp-obsidian', 'obsidian', 'mcp/obsidian'],
];

const byPackage: ReadonlyMap<string, KnownServer> = new Map(
  known.flatMap(([registry, packages, name, image]) =>
    packages.split(' ').map((one): readonly [string, KnownServer] => [`${registry} ${one}`, { name, image }]),
  ),
);

/** Where catalogues of this computer are, in the order in which they are asked. */
export interface KnownCatalogues {
  readonly refs: readonly string[];
  readonly lookup: CatalogLookup;
}

/** The container that a catalogue of this computer has for a package. */
export function entryForPackage(
  { registry, name }: Pick<PackageCommand, 'registry' | 'name'>,
  { refs, lookup }: KnownCatalogues,
): { readonly ref: string; readonly entry: CatalogEntry & { readonly kind: 'image' } } | undefined {
  const wanted = byPackage.get(`${registry} ${name.toLowerCase()}`);
  for (const ref of wanted === undefined ? [] : refs) {
    const entry = lookup.find(ref, wanted?.name ?? '');
    if (typeof entry !== 'string' && entry.kind === 'image' && imageName(entry.image) === wanted?.image) {
      return { ref, entry };
    }
  }
  return undefined;
}

function imageName(image: string): string {
  return image
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .replace(/^docker\.io\//, '');
}
