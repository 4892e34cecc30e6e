import { nodeScanner } from '../node/scanning.ts';
import { isHiddenName } from '../node/vault/names.ts';
import type { Vault } from '../node/vault/vault.ts';
import type { SupportMethods } from '../shared/controlProtocol.ts';
import { ok, type Result } from '../shared/result.ts';
import type { Gateway } from './gateway.ts';
import type { InjectedSecret } from './instances/secretValues.ts';

type Handlers = {
  readonly [Name in keyof SupportMethods]: (params: SupportMethods[Name]['params']) => Promise<Result<SupportMethods[Name]['result']>>;
};

const mostTexts = 5_000;
const mostCharacters = 2 * 1024 ** 2;
/** Shorter texts in what a login left, such as the name of a scope, are no tokens. */
const shortestToken = 16;

/** What "wharf doctor", and whoever gives a profile to others, asks the daemon for. No value of a secret goes out: texts come in, and go out with less in them. */
export function supportHandlers(gateway: Pick<Gateway, 'engine' | 'redactTexts' | 'secrets'>): Handlers {
  return {
    'engine/facts': async () => (await gateway.engine()).facts(),
    'support/redact': async ({ texts }) => {
      const values = await openValues(gateway.secrets.vault);
      return ok({ texts: gateway.redactTexts(texts, values ?? []), looksIntoVault: values !== undefined });
    },
    'support/spot': async ({ text }) => {
      const values = await openValues(gateway.secrets.vault);
      const [hit] = nodeScanner({ rules: [], secrets: values ?? [] }).scanText(Buffer.from(text));
      return ok({ found: hit === undefined ? null : { name: hit.secret ?? '', start: hit.start }, looksIntoVault: values !== undefined });
    },
  };
}

export function areTexts(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= mostTexts &&
    value.every((one) => typeof one === 'string') &&
    value.reduce((sum, text) => sum + text.length, 0) <= mostCharacters
  );
}

/** Everything in the vault, where that opens without asking anybody; undefined where it does not. Nobody gets the value of a damaged entry. */
async function openValues(vault: Vault): Promise<readonly InjectedSecret[] | undefined> {
  const status = await vault.status();
  if (!status.ok) {
    return undefined;
  }
  if (status.value.kind === 'none') {
    return [];
  }
  const listed = status.value.kind === 'open' || status.value.opensItself ? await vault.list() : undefined;
  if (listed?.ok !== true) {
    return undefined;
  }
  const values: InjectedSecret[] = [];
  let opened = 0;
  for (const { name } of listed.value) {
    const found = await vault.get(name);
    if (!found.ok && found.problem.code !== 'WHARF_VAULT_DAMAGED') {
      return undefined;
    }
    if (found.ok) {
      const value = found.value?.value ?? '';
      opened++;
      values.push(...(isHiddenName(name) ? tokensIn(value) : [value]).map((one) => ({ name, value: one })));
    }
  }
  // Where not one opens, more than an entry is damaged.
  return opened === 0 && listed.value.length > 0 ? undefined : values;
}

/** What a login left is JSON with its tokens inside. */
function tokensIn(json: string): readonly string[] {
  const found: string[] = [json];
  const take = (value: unknown): void => {
    if (typeof value === 'string' && value.length >= shortestToken && !/^https?:/.test(value)) {
      found.push(value);
    } else if (typeof value === 'object' && value !== null) {
      Object.values(value).forEach(take);
    }
  };
  try {
    take(JSON.parse(json));
  } catch {
    // It is one text then.
  }
  return found;
}
