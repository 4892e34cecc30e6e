// A real OAuth authorization server, oidc-provider, whose person always says yes. It says on stdout where it listens, and every
// grant and revocation. Arguments: the folder of the tools, and options as JSON.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [tools, options] = [process.argv[2], JSON.parse(process.argv[3] ?? '{}')];
const { Provider } = await import(pathToFileURL(join(tools, 'node_modules', 'oidc-provider', 'lib', 'index.js')).href);
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const clients = [
  {
    client_id: 'mcp-server',
    client_secret: process.env.INTROSPECTION_SECRET,
    redirect_uris: [],
    grant_types: [],
    response_types: [],
  },
];
if (process.env.KNOWN_CLIENT_SECRET !== undefined) {
  clients.push({
    client_id: 'known',
    client_secret: process.env.KNOWN_CLIENT_SECRET,
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
}

const provider = new Provider(issuer, {
  clients,
  scopes: ['openid', 'offline_access'],
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
  cookies: { keys: ['test'] },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: true,
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: options.tokenSeconds ?? 3600,
    RefreshToken: 86_400,
    Grant: 86_400,
    Session: 86_400,
    Interaction: 600,
    AuthorizationCode: 60,
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: options.registration ?? true },
    revocation: { enabled: true, allowedPolicy: () => true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: (options.scopes ?? ['mcp:read', 'mcp:write']).join(' '),
        audience: resource,
        accessTokenTTL: options.tokenSeconds ?? 3600,
        accessTokenFormat: 'opaque',
      }),
    },
  },
});
provider.on('grant.success', (ctx) => tell({ event: 'grant', type: ctx.oidc.params.grant_type }));
provider.on('grant.error', (ctx, error) =>
  tell({ event: 'grantError', type: ctx.oidc.params?.grant_type, error: error.message, detail: error.error_detail }),
);
provider.on('registration_create.success', () => tell({ event: 'registered' }));
provider.on('registration_create.error', (_ctx, error) => tell({ event: 'registrationError', error: error.error_description }));
provider.on('authorization.error', (_ctx, error) => tell({ event: 'authorizationError', error: error.error_description ?? error.message }));
provider.on('server_error', (_ctx, error) => tell({ event: 'serverError', error: error.stack }));

async function decide(request, response) {
  const { prompt, params, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' } });
    return;
  }
  const grant = (grantId && (await provider.Grant.find(grantId))) || new provider.Grant({ accountId: 'ada', clientId: params.client_id });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(params.resource, params.scope ?? '');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const callback = provider.callback();
server.on('request', (request, response) => {
  tell({ event: 'request', method: request.method, path: request.url.split('?')[0], cookie: request.headers.cookie !== undefined });
  if (request.url.startsWith('/interaction/')) {
    decide(request, response).catch((error) => response.writeHead(500).end(String(error)));
  } else {
    callback(request, response);
  }
});
tell({ event: 'listening', issuer });
