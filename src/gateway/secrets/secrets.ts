import { createHmac, randomBytes } from 'node:crypto';
import { homedir } from 'node:os';

import type { SecretSource, SecretValue } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import { parseSecretReference, type SecretReference } from '../../core/secrets/reference.ts';
import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import { keeperEnvironment, type Locations } from '../../node/locations.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import { Vault } from '../../node/vault/vault.ts';
import { VaultTokens } from '../../node/vault/vaultTokens.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { isWithin, readSecretFile, type ForbiddenFolder } from './fileSecret.ts';
import { readFromOp } from './opSecret.ts';
import { readSecretsFile } from './secretsFile.ts';
import { SeenVersions } from './seenVersions.ts';

/** For whom secrets are looked up. */
export interface SecretScope {
  /** Absolute path of `--secrets`; what it has goes before everything else. */
  readonly secretsFile?: string | undefined;
  /** The project folder: no `file://` reference may lead into it. */
  readonly workspace?: string | undefined;
}

/** Everything secret that one gateway can get. It holds the vault's key at most, and no value. */
export class Secrets {
  readonly vault: Vault;
  /** What logins at remote servers gave. */
  readonly tokens: TokenStore;
  private readonly ownFolders: readonly ForbiddenFolder[];
  /** So that a version tells nothing of its value to whoever sees it. */
  private readonly versionKey = randomBytes(32);
  /** Of values that 1Password keeps. */
  private readonly seen = new SeenVersions();
  private readonly listeners = new Set<(name: string) => void>();
  private readonly vaultListeners = new Set<() => void>();

  /** `canUnlock` is whether anybody can give the vault its passphrase. */
  constructor(locations: Locations, canUnlock = true) {
    this.vault = new Vault(locations.dataFolder, keeperEnvironment, canUnlock);
    this.tokens = new VaultTokens(this.vault);
    const why = "it lies in Wharf's own folder";
    this.ownFolders = [locations.configFolder, locations.dataFolder, locations.runtimeFolder].map((folder) => ({ folder, why }));
  }

  /** Looks up secrets for one session. */
  sourceFor(scope: SecretScope): SecretSource {
    return {
      resolve: (reference, variable) => this.resolve(scope, reference, variable),
      versionOf: (reference, variable) => this.versionOf(scope, reference, variable),
    };
  }

  /** Hears the name of each secret of the vault that got another value or went. Returns a function that stops listening. */
  onChange(listener: (name: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Hears whenever what the vault has, or whether it is open, may have changed. Returns a function that stops listening. */
  onVaultChange(listener: () => void): () => void {
    this.vaultListeners.add(listener);
    return () => this.vaultListeners.delete(listener);
  }

  vaultChanged(): void {
    this.vaultListeners.forEach((listener) => listener());
  }

  changed(names: readonly string[]): void {
    for (const name of names) {
      this.listeners.forEach((listener) => listener(name));
    }
  }

  /** Overwrites what is secret in memory. */
  close(): void {
    this.vault.close();
  }

  private async resolve({ secretsFile, workspace }: SecretScope, text: string, variable?: string): Promise<Result<SecretValue>> {
    const reference = parseSecretReference(text);
    if (reference === undefined) {
      return fail(problems.secretReference(text));
    }
    if (secretsFile !== undefined) {
      const file = await readSecretsFile(secretsFile);
      if (!file.ok) {
        return file;
      }
      const named = 'name' in reference ? file.value.get(reference.name) : undefined;
      const value = named ?? (variable === undefined ? undefined : file.value.get(variable));
      if (value !== undefined) {
        return ok(this.versioned('--secrets', value));
      }
    }
    if (reference.kind === 'vault') {
      return this.fromVault(reference.name);
    }
    const value = await this.fromElsewhere(reference, workspace);
    const versioned = value.ok ? ok(this.versioned(text, value.value)) : value;
    if (reference.kind === 'op') {
      this.seen.put(text, Promise.resolve(versionIn(versioned)));
    }
    return versioned;
  }

  private async versionOf(scope: SecretScope, text: string, variable?: string): Promise<Result<string>> {
    const look = async (): Promise<Result<string>> => versionIn(await this.resolve(scope, text, variable));
    return parseSecretReference(text)?.kind === 'op' && scope.secretsFile === undefined ? this.seen.recall(text, look) : look();
  }

  private async fromVault(name: string): Promise<Result<SecretValue>> {
    if (!isUserSecretName(name)) {
      return fail(problems.secretName(name));
    }
    const found = await this.vault.get(name);
    return !found.ok || found.value !== null ? (found as Result<SecretValue>) : fail(problems.secretUnknown(name));
  }

  private fromElsewhere(reference: Exclude<SecretReference, { kind: 'vault' }>, workspace: string | undefined): Promise<Result<string>> {
    switch (reference.kind) {
      case 'env':
        return Promise.resolve(fromVariable(reference.name));
      case 'file': {
        // Whoever starts a client in the home folder has no project there.
        const isProject = workspace !== undefined && !isWithin(homedir(), workspace);
        const project = isProject ? [{ folder: workspace, why: 'it lies in the project folder' }] : [];
        return readSecretFile(reference.path, [...this.ownFolders, ...project]);
      }
      case 'op':
        return readFromOp(reference.uri, keeperEnvironment());
    }
  }

  private versioned(source: string, value: string): SecretValue {
    const version = createHmac('sha256', this.versionKey).update(`${source}\0${value}`).digest('base64url').slice(0, 22);
    return { value, version };
  }
}

function versionIn(found: Result<SecretValue>): Result<string> {
  return found.ok ? ok(found.value.version) : found;
}

function fromVariable(name: string): Result<string> {
  const value = process.env[name];
  return value === undefined || value === ''
    ? fail(
        problems.secretUnreadable(
          `env://${name}`,
          'the gateway has no such variable; the daemon takes over almost none of whoever starts it',
          `Run "wharf secret set ${name}" and use secret://${name}, or run the gateway with --no-daemon where the variable is set.`,
        ),
      )
    : ok(value);
}
