import type { TokenStore } from '../../core/secrets/tokenStore.ts';
import type { Problem } from '../../shared/problem.ts';
import { ok, type Result } from '../../shared/result.ts';
import { describeError } from '../describeError.ts';
import { secretsOf, type Login } from './login.ts';
import { keepLogin, newestLogin, removeLogins } from './loginStore.ts';

/** A token is renewed this long before it ends, or in the last fifth of a shorter life. */
const longestMarginMs = 30_000;
const marginShare = 0.2;
/** A server that refuses a token this young, or in the first fifth of a shorter life, would refuse the next one too. */
const youngMs = 5_000;
/** Texts of former tokens that are still hidden: an answer may repeat them. */
const keptSecrets = 32;

/** Where a server's login stands. */
type TokenState =
  /** Nobody looked into the store yet. */
  | { readonly kind: 'unread' }
  | { readonly kind: 'none' }
  | { readonly kind: 'authorised'; readonly login: Login }
  | { readonly kind: 'refreshing'; readonly login: Login; readonly done: Promise<Renewal> }
  /** Only a person can go on. */
  | { readonly kind: 'ended'; readonly login: Login; readonly reason: string };

/** What came of the wish for another token. */
export type Renewal =
  | { readonly kind: 'renewed' }
  | { readonly kind: 'loginNeeded'; readonly reason: string }
  /** The authorization server could not be asked: it may be possible later. */
  | { readonly kind: 'notNow'; readonly reason: string }
  /** The store cannot be read. */
  | { readonly kind: 'closed'; readonly problem: Problem };

export interface TokensHost {
  readonly store: TokenStore;
  /** Runs `action` in one process at a time; `action` runs all the same where that cannot be had. */
  alone<T>(server: string, action: () => Promise<T>): Promise<T>;
  log(line: string): void;
}

/** The login at one server: read once, renewed by one request at a time however many want it, and kept before it is used. */
export class ServerTokens {
  private readonly server: string;
  private readonly host: TokensHost;
  private state: TokenState = { kind: 'unread' };
  private readonly shown = new Set<string>();

  /** `server` as `canonical` gives it. */
  constructor(server: string, host: TokensHost) {
    this.server = server;
    this.host = host;
  }

  get secrets(): readonly string[] {
    return [...this.shown];
  }

  /** The token to send; null for none; undefined where it has to be waited for. */
  get atHand(): string | null | undefined {
    switch (this.state.kind) {
      case 'none':
      case 'ended':
        return null;
      case 'authorised':
        return isDue(this.state.login) ? undefined : this.state.login.accessToken;
      case 'unread':
      case 'refreshing':
        return undefined;
    }
  }

  /** The login there is, also one that ended. */
  async login(): Promise<Result<Login | null>> {
    const read = await this.read();
    if (!read.ok) {
      return read;
    }
    return ok('login' in this.state ? this.state.login : null);
  }

  /** The token to send, renewed where its time comes. */
  async token(): Promise<string | null> {
    await this.read();
    if (this.state.kind === 'authorised' && isDue(this.state.login) && this.state.login.refreshToken !== null) {
      await this.refresh(this.state.login);
    } else if (this.state.kind === 'refreshing') {
      await this.state.done;
    }
    // Where it could not be renewed, the server itself says what it thinks of the old one.
    return this.state.kind === 'authorised' ? this.state.login.accessToken : null;
  }

  /** After the server refused `sent`, which is null for a request without a token. */
  async renew(sent: string | null): Promise<Renewal> {
    const read = await this.read();
    if (!read.ok) {
      return { kind: 'closed', problem: read.problem };
    }
    const { state } = this;
    switch (state.kind) {
      case 'unread':
      case 'none':
        return { kind: 'loginNeeded', reason: '' };
      case 'ended':
        // Another program of the same user may have logged in meanwhile.
        return (await this.adopt(state.login)) ? { kind: 'renewed' } : { kind: 'loginNeeded', reason: state.reason };
      case 'refreshing':
        return state.done;
      case 'authorised': {
        const { login } = state;
        if (sent !== login.accessToken || (await this.adopt(login))) {
          return { kind: 'renewed' };
        }
        if (login.refreshToken === null) {
          return this.ended(login, 'the login has ended');
        }
        return isYoung(login) ? { kind: 'loginNeeded', reason: 'it does not take the login that there is' } : this.refresh(login);
      }
    }
  }

  /** Takes a login, and keeps it. The one before is let go of. */
  async put(login: Login): Promise<Result<null>> {
    this.become({ kind: 'authorised', login });
    const kept = await keepLogin(this.host.store, login);
    if (kept.ok) {
      await removeLogins(this.host.store, this.server, login);
    }
    return kept;
  }

  /** Forgets the login. Gives the one that was there. */
  async forget(): Promise<Result<Login | null>> {
    if (this.state.kind === 'refreshing') {
      await this.state.done;
    }
    const login = await this.login();
    if (!login.ok) {
      return login;
    }
    const removed = await removeLogins(this.host.store, this.server);
    if (removed.ok) {
      this.become({ kind: 'none' });
    }
    return removed.ok ? login : removed;
  }

  private become(state: TokenState): void {
    this.state = state;
    for (const text of 'login' in state ? secretsOf(state.login) : []) {
      this.shown.delete(text);
      this.shown.add(text);
    }
    for (const text of this.shown) {
      if (this.shown.size <= keptSecrets) {
        break;
      }
      this.shown.delete(text);
    }
  }

  private async read(): Promise<Result<null>> {
    if (this.state.kind === 'unread' || this.state.kind === 'none') {
      const newest = await newestLogin(this.host.store, this.server);
      if (!newest.ok) {
        return newest;
      }
      // Someone may have logged in while the store was read.
      if (this.state.kind === 'unread' || this.state.kind === 'none') {
        this.become(newest.value === null ? { kind: 'none' } : { kind: 'authorised', login: newest.value });
      }
    }
    return ok(null);
  }

  /** Takes what another program of the same user put into the store since. */
  private async adopt(known: Login): Promise<boolean> {
    const newest = await newestLogin(this.host.store, this.server);
    if (
      !newest.ok ||
      newest.value === null ||
      newest.value.accessToken === known.accessToken ||
      newest.value.obtainedAt < known.obtainedAt
    ) {
      return false;
    }
    this.become({ kind: 'authorised', login: newest.value });
    return true;
  }

  private refresh(login: Login): Promise<Renewal> {
    if (this.state.kind === 'refreshing') {
      return this.state.done;
    }
    const done = this.host
      .alone(this.server, () => this.refreshAlone(login))
      .catch((error: unknown): Renewal => {
        this.host.log(describeError(error));
        this.goOn(login);
        return { kind: 'notNow', reason: 'Wharf failed inside; its log has the details' };
      });
    this.become({ kind: 'refreshing', login, done });
    return done;
  }

  /** Back to the login as it was, where nobody changed it meanwhile. */
  private goOn(login: Login): void {
    if (this.state.kind === 'refreshing' && this.state.login === login) {
      this.become({ kind: 'authorised', login });
    }
  }

  private async refreshAlone(login: Login): Promise<Renewal> {
    if (await this.adopt(login)) {
      return { kind: 'renewed' };
    }
    const [{ refreshLogin }, { isGone, reasonOf }] = await Promise.all([import('./tokenRequests.ts'), import('./loginProblem.ts')]);
    try {
      const next = await refreshLogin(login);
      if (this.state.kind === 'refreshing' && this.state.login === login) {
        this.become({ kind: 'authorised', login: next });
        // A refresh token is good for one time: the next one is kept before it is needed.
        const kept = await keepLogin(this.host.store, next);
        if (!kept.ok) {
          this.host.log(`The renewed login at ${this.server} is kept in memory only: ${kept.problem.message}`);
        }
      }
      return { kind: 'renewed' };
    } catch (error) {
      const reason = reasonOf(error, secretsOf(login));
      if (isGone(error)) {
        return this.ended(login, 'the login has ended');
      }
      this.host.log(`The login at ${this.server} could not be renewed: ${reason}.`);
      this.goOn(login);
      return { kind: 'notNow', reason };
    }
  }

  private ended(login: Login, reason: string): Renewal {
    if ('login' in this.state && this.state.login === login) {
      this.become({ kind: 'ended', login, reason });
    }
    this.host.log(`The login at ${this.server} has ended: somebody has to log in again.`);
    return { kind: 'loginNeeded', reason };
  }
}

function isDue({ obtainedAt, expiresAt }: Login): boolean {
  return expiresAt !== null && Date.now() >= expiresAt - Math.min(longestMarginMs, (expiresAt - obtainedAt) * marginShare);
}

function isYoung({ obtainedAt, expiresAt }: Login): boolean {
  const limit = expiresAt === null ? youngMs : Math.min(youngMs, (expiresAt - obtainedAt) * marginShare);
  return Date.now() - obtainedAt < limit;
}
