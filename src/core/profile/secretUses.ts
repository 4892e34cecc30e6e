import { isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

import { isReferenceInVariable, isSecretName, parseSecretReference } from '../secrets/reference.ts';
import type { FilledVariable } from './filledSnapshot.ts';
import type { SecretUse } from './profile.ts';
import { ServerReader } from './serverSettings.ts';

/** Reads which secrets an entry asks for, and for which variables. */
export class SecretUsesReader extends ServerReader {
  /** Of two with one variable the later map's counts. `snapshot` is what the catalogue says of the server, `filled` what its configuration gave. */
  read(
    entry: YAMLMap,
    snapshot: YAMLMap | undefined,
    own: YAMLMap | undefined,
    filled: readonly FilledVariable[] = [],
  ): readonly SecretUse[] {
    const as = this.setting(own, 'secretsAs', (value) => (value === 'env' || value === 'file' ? value : undefined), 'env or file') ?? 'env';
    const uses = [snapshot, entry].flatMap((map) =>
      map === undefined ? [] : [...this.logins(map, as), ...this.listed(map, snapshot, as), ...this.variables(map)],
    );
    const configured = filled.filter(({ value }) => isReferenceInVariable(value));
    const all = [...configured.map(({ name, value }): SecretUse => ({ env: name, reference: value, as })), ...uses];
    return [...new Map(all.map((use) => [use.env, use])).values()];
  }

  private listed(map: YAMLMap, snapshot: YAMLMap | undefined, as: SecretUse['as']): readonly SecretUse[] {
    const list = this.value(map, 'secrets');
    if (list === undefined) {
      return [];
    }
    if (isScalar(list) && map !== snapshot) {
      // Docker's word for where the values are kept; which ones is the snapshot's to say.
      if (snapshot === undefined) {
        throw this.bad(list, 'its "secrets" names no secret: list them, each with "name" and "env"');
      }
      return [];
    }
    if (!isSeq(list)) {
      throw this.bad(list, '"secrets" is not a list of names and variables');
    }
    return list.items.map((item) => {
      const secret = this.map(item, 'an entry of "secrets"', list);
      const name = this.text(secret, 'name');
      const env = this.checkedVariableName(this.text(secret, 'env'), this.value(secret, 'env') ?? secret);
      return { env, reference: this.reference(name, this.value(secret, 'name') ?? secret), as };
    });
  }

  /** Docker's catalogue lists a token of OAuth apart from the secrets. */
  private logins(map: YAMLMap, as: SecretUse['as']): readonly SecretUse[] {
    const node = this.value(map, 'oauth');
    const providers = node === undefined || isSeq(node) ? node : this.value(this.map(node, '"oauth"'), 'providers');
    return (isSeq(providers) ? providers.items : []).flatMap((item) => {
      const provider = this.map(item, 'an entry of "oauth"', providers);
      const [secret, env] = [this.text(provider, 'secret'), this.text(provider, 'env')];
      return secret === undefined || env === undefined
        ? []
        : [{ env: this.checkedVariableName(env, provider), reference: this.reference(secret, provider), as }];
    });
  }

  private variables(map: YAMLMap): readonly SecretUse[] {
    const list = this.value(map, 'env');
    return (isSeq(list) ? list.items : []).flatMap((item) => {
      const variable = this.map(item, 'an entry of "env"', list);
      const value = this.value(variable, 'value');
      const reference = isScalar(value) && typeof value.value === 'string' ? value.value : '';
      this.refuseBrokenReference(value, reference);
      return isReferenceInVariable(reference)
        ? [{ env: this.checkedVariableName(this.text(variable, 'name'), variable), reference, as: 'env' as const }]
        : [];
    });
  }

  private reference(text: string | undefined, node: Node): string {
    if (text !== undefined && isSecretName(text)) {
      return `secret://${text}`;
    }
    if (text === undefined || parseSecretReference(text) === undefined) {
      // Not repeated: whoever wrote the value itself here shall not find it in a log.
      throw this.bad(node, 'an entry of "secrets" has no usable "name": a name in the vault, or a reference such as secret://NAME');
    }
    return text;
  }
}
