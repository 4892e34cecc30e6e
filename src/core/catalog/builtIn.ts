import type { CatalogEntry, CatalogueContent } from './entry.ts';

/** Reference of the list that ships with Wharf, so that the first start needs no network and no Docker. */
export const builtInCatalogue = 'builtin';

const demo: CatalogEntry = {
  kind: 'builtIn',
  name: 'demo',
  title: 'Demo',
  description: 'A part of Wharf itself to try the whole line with: adds numbers, counts words, tells the time.',
  tools: [
    { name: 'add', description: 'Adds two numbers.' },
    { name: 'count_words', description: 'Counts the words of a text.' },
    { name: 'now', description: 'Tells the time, in UTC.' },
  ],
  server: { name: 'demo', type: 'builtin', title: 'Demo' },
};

/** What Docker's catalogue (docker/mcp-registry) says of servers that need neither an image nor a secret. */
interface WellKnown {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly url: string;
  readonly transport?: 'streamable-http' | 'sse';
  /** Whether its user signs in. */
  readonly oauth?: true;
  readonly category: string;
  readonly tools?: readonly string[];
}

const wellKnown: readonly WellKnown[] = [
  {
    name: 'astro-docs',
    title: 'Astro Docs',
    description: 'Access the latest Astro web framework documentation, guides, and API references',
    url: 'https://mcp.docs.astro.build/mcp',
    category: 'documentation',
    tools: ['search_astro_docs'],
  },
  {
    name: 'atlassian-remote',
    title: 'Atlassian',
    description: 'Interact with Jira, Confluence, and Compass to manage projects, create documentation, and track services',
    url: 'https://mcp.atlassian.com/v1/mcp',
    oauth: true,
    category: 'productivity',
  },
  {
    name: 'cloudflare-docs',
    title: 'Cloudflare Docs',
    description: 'Access the latest documentation on Cloudflare products such as Workers, Pages, R2, D1, KV.',
    url: 'https://docs.mcp.cloudflare.com/sse',
    transport: 'sse',
    category: 'documentation',
  },
  {
    name: 'deepwiki',
    title: 'DeepWiki',
    description: 'Tools for fetching and asking questions about GitHub repositories.',
    url: 'https://mcp.deepwiki.com/sse',
    transport: 'sse',
    category: 'knowledge',
  },
  {
    name: 'docker-docs',
    title: 'Docker Docs',
    description: 'Search and retrieve Docker documentation to help with containerization, Docker Compose, Docker Hub, and related topics',
    url: 'https://mcp-docs.docker.com/mcp',
    category: 'documentation',
  },
  {
    name: 'linear',
    title: 'Linear',
    description: 'Track issues, plan sprints, and manage product development',
    url: 'https://mcp.linear.app/mcp',
    oauth: true,
    category: 'productivity',
  },
  {
    name: 'microsoft-learn',
    title: 'Microsoft Learn',
    description: 'Add trusted and up-to-date content from Microsoft Learn to your AI agent.',
    url: 'https://learn.microsoft.com/api/mcp',
    category: 'documentation',
    tools: ['microsoft_docs_search', 'microsoft_docs_fetch', 'microsoft_code_sample_search'],
  },
  {
    name: 'notion-remote',
    title: 'Notion',
    description: 'Manage projects, create documentation, and organize information in collaborative workspaces',
    url: 'https://mcp.notion.com/mcp',
    oauth: true,
    category: 'productivity',
  },
  {
    name: 'sentry-remote',
    title: 'Sentry',
    description: 'Track application errors, monitor performance, and debug issues across your entire development stack',
    url: 'https://mcp.sentry.dev/sse',
    transport: 'sse',
    oauth: true,
    category: 'monitoring',
  },
];

function entryOf({ name, title, description, url, transport = 'streamable-http', oauth, category, tools = [] }: WellKnown): CatalogEntry {
  const secret = `${name}.personal_access_token`;
  const env = secret.toUpperCase().replaceAll(/[^A-Z]/g, '_');
  const server = {
    name,
    type: 'remote',
    title,
    description,
    remote: { url, transport_type: transport },
    ...(oauth === undefined ? {} : { oauth: { providers: [{ provider: name, secret, env }] } }),
    ...(tools.length === 0 ? {} : { tools: tools.map((tool) => ({ name: tool })) }),
    metadata: { category },
  };
  const promised = tools.map((tool) => ({ name: tool, description: '' }));
  return { kind: 'remote', name, title, description, tools: promised, server, endpoint: url };
}

/** Servers of the built-in list. */
export const builtInNames: readonly string[] = ['demo', ...wellKnown.map(({ name }) => name)];

/** One of its servers, by its name. */
export function builtInEntry(name: string): CatalogEntry | undefined {
  const found = wellKnown.find((one) => one.name === name);
  return name === 'demo' ? demo : found && entryOf(found);
}

export function builtInContent(): CatalogueContent {
  return { title: 'Built into Wharf', entries: [demo, ...wellKnown.map(entryOf)], skipped: [] };
}
