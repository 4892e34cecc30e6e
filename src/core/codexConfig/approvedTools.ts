import { parseToml } from '../toml/document.ts';
import { serversOf, stringAt } from './servers.ts';

/** Tools of a server that run without asking by lines of their own, such as those that Codex writes for "always". */
export function approvedTools(text: string, server: string): readonly string[] {
  const tools = serversOf(parseToml(text).root)
    .find(({ name }) => name === server)
    ?.table.members.get('tools')?.value;
  return tools?.kind === 'table'
    ? [...tools.members.values()].flatMap(({ name, value }) =>
        value.kind === 'table' && stringAt(value, 'approval_mode') === 'approve' ? [name] : [],
      )
    : [];
}
