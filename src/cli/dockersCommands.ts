/** Commands of Docker's `docker mcp` that Wharf has under other names, or not at all (reference: docker-gateway §0, §1). */
const others: ReadonlyMap<string, string> = new Map([
  ['server', 'Servers are held by profiles and catalogues: use "wharf profile server" or "wharf catalog server".'],
  ['config', 'The configuration of servers is held by profiles: use "wharf profile config ID --set SERVER.KEY=VALUE".'],
  ['template', 'There are no templates: make a profile with "wharf profile create --name NAME --server REFERENCE".'],
  ['feature', 'There are no features to turn on or off: what is there is on.'],
  ['policy', 'A policy is a file, policy.yaml: see docs/policy.md.'],
  ['registry', 'Servers of registries are taken into a profile: use "wharf profile server add ID --server https://HOST/v0/servers/NAME".'],
  ['workingset', 'Working sets are called profiles: use "wharf profile".'],
]);

/** What to say to whoever types a command of Docker's that is not here. */
export function dockersCommand(word: string | undefined): string | undefined {
  return others.get(word ?? '');
}
