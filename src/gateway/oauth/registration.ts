import * as oauth from 'oauth4webapi';

import type { LoginClientChoice } from '../../shared/controlProtocol.ts';
import { peekObject, textsOf } from './jsonBody.ts';
import type { ClientAuthentication, LoginClient } from './login.ts';
import { through } from './libraryOptions.ts';
import type { Zone } from '../../core/network/zone.ts';

/** How this client becomes known to an authorization server. */
export type RegistrationWay =
  | { readonly kind: 'known'; readonly client: LoginClient }
  | { readonly kind: 'dynamic' }
  /** The server takes nobody whom it does not know. */
  | { readonly kind: 'impossible' };

/** What its user chose goes first, then registering by itself (MCP 2025-11-25, "Client Registration Approaches"). */
export function registrationWay(as: oauth.AuthorizationServer, choice: LoginClientChoice | null): RegistrationWay {
  if (choice?.kind === 'known') {
    const { id, secret } = choice;
    return { kind: 'known', client: { id, secret, authentication: secret === null ? 'none' : secretMethod(as) } };
  }
  if (choice?.kind === 'document' && as['client_id_metadata_document_supported'] === true) {
    return { kind: 'known', client: { id: choice.url, secret: null, authentication: 'none' } };
  }
  return typeof as.registration_endpoint === 'string' ? { kind: 'dynamic' } : { kind: 'impossible' };
}

/** Registers this client for one redirect address (RFC 7591). Throws what `reasonOf` understands. */
export async function register(
  as: oauth.AuthorizationServer,
  zone: Zone,
  redirect: string,
  scopes: readonly string[],
): Promise<LoginClient> {
  const methods = textsOf(as.token_endpoint_auth_methods_supported);
  const wanted = methods.length === 0 || methods.includes('none') ? 'none' : secretMethod(as);
  const metadata = {
    client_name: 'Wharf',
    redirect_uris: [redirect],
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: wanted,
  };
  // Some servers give a client no more than it registered for; others refuse scopes that belong to a resource.
  const given =
    scopes.length === 0
      ? await request(as, metadata, zone)
      : await request(as, { ...metadata, scope: scopes.join(' ') }, zone).catch((error: unknown) => {
          if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_client_metadata') {
            return request(as, metadata, zone);
          }
          throw error;
        });
  const secret = typeof given['client_secret'] === 'string' ? given['client_secret'] : null;
  const method = given['token_endpoint_auth_method'] ?? wanted;
  const isPublic = secret === null || method === 'none';
  const authentication = isPublic ? 'none' : method === 'client_secret_post' ? method : 'client_secret_basic';
  return { id: given.client_id, secret: isPublic ? null : secret, authentication };
}

async function request(as: oauth.AuthorizationServer, metadata: Readonly<Record<string, oauth.JsonValue>>, zone: Zone) {
  const response = await oauth.dynamicClientRegistrationRequest(as, metadata, through(zone));
  return oauth.processDynamicClientRegistrationResponse(response.status === 201 ? await withExpiry(response) : response);
}

/** Several servers give a secret and do not say how long it lasts, as they should (RFC 7591 §3.2.1). */
async function withExpiry(response: Response): Promise<Response> {
  const given = await peekObject(response);
  return 'client_id' in given ? Response.json({ client_secret_expires_at: 0, ...given }, { status: 201 }) : response;
}

/** Without a word of the server it is `client_secret_basic` (RFC 8414 §2). */
function secretMethod(as: oauth.AuthorizationServer): ClientAuthentication {
  const methods = textsOf(as.token_endpoint_auth_methods_supported);
  return methods.length === 0 || methods.includes('client_secret_basic') ? 'client_secret_basic' : 'client_secret_post';
}
