import * as problems from '../../core/problems.ts';
import { helperProgram, isHelperName, secretFromHelper } from '../../node/vault/keepers/credentialHelper.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import { complain, exitCodes, print } from '../output.ts';
import { requestOpen, withDaemon } from './vaultControl.ts';

/** What is taken over from which docker-credential-helper. */
export interface HelperImport {
  /** Such as `secretservice`. */
  readonly helper: string;
  /** The address that the helper knows it under. */
  readonly server: string;
  /** The secret's name in the vault; undefined derives one from the address. */
  readonly name: string | undefined;
  readonly isDryRun: boolean;
}

/** `wharf secret import SERVER --helper NAME`: the password or token that Docker, or another program, keeps there. */
export async function importFromHelper({ helper, server, name: given, isDryRun }: HelperImport): Promise<number> {
  const name = given ?? nameFor(server);
  if (!isHelperName(helper)) {
    return complain(problems.badArgument(`"${String(helper)}" is not the name of a helper, such as secretservice, pass or osxkeychain.`));
  }
  if (!isUserSecretName(name)) {
    return complain(problems.secretName(name));
  }
  return withDaemon(async (control) => {
    const known = await control.request('secret/list', {});
    if (!known.ok) {
      return complain(known.problem);
    }
    const found = await secretFromHelper(helper, server, process.env);
    if (!found.ok) {
      const next = `"${helperProgram(helper)} list" shows the addresses that it knows.`;
      return complain(problems.secretUnreadable(server, `${helperProgram(helper)}: ${found.reason}`, next));
    }
    const verb = known.value.secrets.some((one) => one.name === name) ? 'replaced' : 'stored';
    if (isDryRun) {
      print(`${name} would be ${verb}.`);
      return exitCodes.ok;
    }
    const stored = await requestOpen(control, 'secret/set', { name, value: found.value });
    if (!stored.ok) {
      return complain(stored.problem);
    }
    print(`${verb === 'stored' ? 'Stored' : 'Replaced'} ${name}. A profile names it secret://${name}.`);
    return exitCodes.ok;
  });
}

/** `https://index.docker.io/v1/` gives `index.docker.io/v1`. */
function nameFor(server: string): string {
  return server
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[^A-Za-z0-9._:/-]+/g, '-')
    .replace(/\/{2,}/g, '/')
    .replace(/^\/|\/$/g, '');
}
