import * as oauth from 'oauth4webapi';

import * as problems from '../../core/problems.ts';
import type { LoginClientChoice } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { noChallenge, readChallenge, uniqueScopes, type Challenge } from './challenge.ts';
import { discoverIssuer, discoverResource, type Asked, type ProtectedResource } from './discovery.ts';
import { mayVisit, probe } from './guardedFetch.ts';
import { textsOf } from './jsonBody.ts';
import type { Login, LoginClient } from './login.ts';
import { reasonOf } from './loginProblem.ts';
import { openRedirectListener, type RedirectListener } from './redirectListener.ts';
import { register, registrationWay, type RegistrationWay } from './registration.ts';
import { canonical } from './serverAddress.ts';
import { exchangeCode } from './tokenRequests.ts';

const defaultPatienceMs = 5 * 60_000;

/** What a login is for. */
export interface LoginWish {
  readonly server: URL;
  /** For messages. */
  readonly name: string;
  readonly transport: 'streamable' | 'sse';
  /** What its person or its profile asks for; empty is what the server proposes. */
  readonly scopes: readonly string[];
  /** What the server said when it refused a request before. */
  readonly refused: Challenge;
  /** Scopes of the login there is: more are asked for on top of them. */
  readonly held: readonly string[];
  readonly client: LoginClientChoice | null;
  readonly patienceMs?: number;
}

/** A login that waits for its person. */
export interface OpenLogin {
  /** The page to visit. */
  readonly address: string;
  /** Never rejects. */
  readonly outcome: Promise<Result<Login>>;
  /** Gives it up. */
  readonly cancel: () => void;
}

interface Place extends Asked {
  readonly resource: ProtectedResource;
  readonly as: oauth.AuthorizationServer;
  readonly way: Exclude<RegistrationWay, { readonly kind: 'impossible' }>;
}

/** Finds out where and how to log in at a server, up to where a person has to say yes (MCP 2025-11-25, "Authorization Flow Steps"). */
export async function openLogin(wish: LoginWish): Promise<Result<OpenLogin>> {
  const { name } = wish;
  try {
    const found = await findPlace(wish);
    return found.ok ? await awaitPerson(found.value.place, found.value.challenge, wish) : found;
  } catch (error) {
    return fail(problems.loginFailed(name, reasonOf(error)));
  }
}

async function findPlace(wish: LoginWish): Promise<Result<{ readonly place: Place; readonly challenge: Challenge }>> {
  const { server, name, refused } = wish;
  const seen = await probe(server, firstRequest(wish.transport));
  const said = seen.status === 401 || seen.status === 403 ? readChallenge(seen.challenge) : noChallenge;
  const challenge: Challenge = {
    resourceMetadata: said.resourceMetadata ?? refused.resourceMetadata,
    scopes: uniqueScopes([...said.scopes, ...refused.scopes]),
    error: said.error,
  };
  const asked: Asked = { server, name, zone: seen.zone };
  const resource = await discoverResource(asked, challenge);
  if (!resource.ok) {
    return resource;
  }
  const isOpen = seen.status < 400 && refused === noChallenge;
  let problem = problems.loginNotOffered(name);
  for (const issuer of resource.value.issuers) {
    const as = await discoverIssuer(asked, issuer, resource.value.isGuessed);
    if (!as.ok) {
      problem = isOpen && resource.value.isGuessed ? problem : as.problem;
      continue;
    }
    const way = registrationWay(as.value, wish.client);
    if (way.kind !== 'impossible') {
      return ok({ place: { ...asked, resource: resource.value, as: as.value, way }, challenge });
    }
    problem = problems.loginClientNeeded(name, issuer);
  }
  return fail(problem);
}

/** What a client says first, without any authorisation. */
function firstRequest(transport: LoginWish['transport']) {
  if (transport === 'sse') {
    return { method: 'GET', headers: { accept: 'text/event-stream' } };
  }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wharf', version: '1' } };
  return {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  };
}

async function awaitPerson(place: Place, challenge: Challenge, wish: LoginWish): Promise<Result<OpenLogin>> {
  const { as, zone, name, way } = place;
  const endpoint = as.authorization_endpoint ?? '';
  if (!(await mayVisit(zone, endpoint))) {
    return fail(problems.loginFailed(name, 'its page for logging in is at an address that this server must not name'));
  }
  const state = oauth.generateRandomState();
  const port = wish.client?.kind === 'known' ? (wish.client.port ?? 0) : 0;
  const listener = await openRedirectListener(state, port).catch(() => undefined);
  if (listener === undefined) {
    return fail(problems.loginFailed(name, `nothing can listen on port ${port} of 127.0.0.1, where the browser shall come back to`));
  }
  try {
    const scopes = scopesFor(place, challenge, wish);
    const client = way.kind === 'known' ? way.client : await register(as, zone, listener.address, scopes);
    const verifier = oauth.generateRandomCodeVerifier();
    const address = new URL(endpoint);
    address.hash = '';
    const parameters = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: listener.address,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: place.resource.resource,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      // OpenID Connect Core §11: without it no lasting access is given.
      ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
    };
    Object.entries(parameters).forEach(([key, value]) => address.searchParams.set(key, value));
    return ok(follow({ place, client, listener, state, verifier, scopes }, address.href, wish.patienceMs ?? defaultPatienceMs));
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** MCP 2025-11-25, "Scope Selection Strategy": what somebody chose, else what the server says it wants, else what it knows. */
function scopesFor({ resource, as }: Place, challenge: Challenge, { scopes, held }: LoginWish): readonly string[] {
  const proposed = challenge.scopes.length > 0 ? challenge.scopes : resource.scopes;
  const wanted = uniqueScopes([...held, ...(scopes.length > 0 ? [...scopes, ...(held.length > 0 ? challenge.scopes : [])] : proposed)]);
  const isLasting = textsOf(as.scopes_supported).includes('offline_access');
  return isLasting ? uniqueScopes([...wanted, 'offline_access']) : wanted;
}

interface Waiting {
  readonly place: Place;
  readonly client: LoginClient;
  readonly listener: RedirectListener;
  readonly state: string;
  readonly verifier: string;
  readonly scopes: readonly string[];
}

function follow(waiting: Waiting, address: string, patienceMs: number): OpenLogin {
  let giveUp: (end: Result<Login>) => void = () => undefined;
  const givenUp = new Promise<Result<Login>>((resolve) => (giveUp = resolve));
  const over = (): void => giveUp(fail(problems.loginOver()));
  const timer = setTimeout(over, patienceMs);
  const outcome = Promise.race([finish(waiting), givenUp]).finally(() => {
    clearTimeout(timer);
    waiting.listener.close();
  });
  return { address, outcome, cancel: over };
}

async function finish({ place, client, listener, state, verifier, scopes }: Waiting): Promise<Result<Login>> {
  const { parameters, end } = await listener.answer;
  try {
    // Nobody else's answer: the state is this login's, and the issuer the one that was asked (RFC 9207).
    const answer = oauth.validateAuthResponse(place.as, { client_id: client.id }, parameters, state);
    const login = await exchangeCode({
      authorizationServer: place.as,
      zone: place.zone,
      client,
      answer,
      redirect: listener.address,
      verifier,
      server: canonical(place.server),
      resource: place.resource.resource,
      scopes,
    });
    end({ kind: 'done' });
    return ok(login);
  } catch (error) {
    const secrets = [verifier, client.secret, parameters.get('code')].filter((text): text is string => text !== null && text !== '');
    const problem = problems.loginFailed(place.name, reasonOf(error, secrets));
    end({ kind: 'failed', reason: 'Wharf says more where you began it' });
    return fail(problem);
  }
}
