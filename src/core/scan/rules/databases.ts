import { named, token, uuid, type ScanRule } from './rule.ts';
import { isPlaceholder } from './checks.ts';

/** The password in an address: not one that is a name for a password, as in documentation. */
function isRealPassword(secret: string): boolean {
  return (
    !isPlaceholder(secret) &&
    !/pass(?:word|wd|phrase)?$/i.test(secret) &&
    !/^(?:\$|%|<|\{|\*|:)/.test(secret) &&
    !/^(?:(?:my|db|the|some|user|root|admin|test|a|your)?[_-]?(?:pass(?:word|wd|wort)?|pw|pwd|secret|token|user(?:name)?|key|postgres|mysql|mongo|redis|guest|root|admin|test|p[w4@]ss?w[o0]rd)\d{0,4}|x+|[a-z]{1,5})$/i.test(
      secret,
    )
  );
}

/** Behind a login: a host, but none of those that are kept for examples (RFC 2606). */
const atHost = String.raw`@(?!(?:[\w-]{1,63}\.){0,4}example(?:\.(?:com|org|net))?(?![\w.-]))[\w[]`;

/** Databases and what holds data. */
export const databaseRules: readonly ScanRule[] = [
  token('planetscale-api-token', 'PlanetScale token', 'pscale_tkn_', /pscale_tkn_[\w.=-]{32,64}/),
  token('planetscale-oauth-token', 'PlanetScale OAuth token', 'pscale_oauth_', /pscale_oauth_[\w.=-]{32,64}/),
  token('planetscale-password', 'PlanetScale password', 'pscale_pw_', /pscale_pw_[\w.=-]{32,64}/),
  token('supabase-access-token', 'Supabase access token', ['sbp_'], /sbp_(?:oauth_|v0_)?[0-9a-f]{40}/),
  token('supabase-secret-key', 'Supabase secret key', 'sb_secret_', /sb_secret_[\w-]{22,24}_[\w-]{8}/),
  token('neon-api-key', 'Neon API key', 'napi_', /napi_[a-z0-9]{60,68}/),
  token('neon-password', 'Neon database password', 'npg_', /npg_[A-Za-z0-9]{12,24}/, { entropy: 3 }),
  token('mongodb-atlas-secret', 'MongoDB Atlas service account secret', 'mdb_sa_sk_', /mdb_sa_sk_[\w-]{40}/),
  token('databricks-api-token', 'Databricks token', 'dapi', /dapi[0-9a-f]{32}(?:-\d)?/, { entropy: 3 }),
  token('clickhouse-cloud-api-secret-key', 'ClickHouse Cloud key', '4b1d', /4b1d[A-Za-z0-9]{38}/, { entropy: 4.2 }),
  named('confluent-secret-key', 'Confluent API secret', ['confluent'], /[A-Za-z0-9+/]{64}/, { entropy: 4 }),
  named('confluent-access-token', 'Confluent API key', ['confluent'], /[A-Z0-9]{16}/, { entropy: 3.2 }),
  named('upstash-token', 'Upstash token', ['upstash'], /A[A-Za-z0-9_-]{35,110}={0,2}/, { entropy: 4 }),
  token('aiven-token', 'Aiven token', 'AVNS_', /AVNS_[\w-]{19,24}/, { entropy: 3.2 }),
  named('aiven-token', 'Aiven token', ['aiven'], /[A-Za-z0-9+/]{200,400}={0,2}/, { reach: 520 }),
  token('fauna-secret', 'Fauna secret', 'fnA', /fnA[A-Za-z][\w-]{36}/, { entropy: 4.2 }),
  named('elastic-api-key', 'Elastic API key', ['elastic', 'apikey '], /[A-Za-z0-9+/]{58}==/, { entropy: 4 }),
  named('meilisearch-key', 'Meilisearch key', ['meili'], /[0-9a-f]{40}|[0-9a-f]{64}/),
  named('qdrant-api-key', 'Qdrant API key', ['qdrant'], /[\w-]{48,60}|eyJ[\w-]{20,200}\.eyJ[\w-]{20,300}\.[\w-]{43}/, {
    entropy: 4,
    reach: 700,
  }),
  named('weaviate-api-key', 'Weaviate API key', ['weaviate'], /[A-Za-z0-9]{36,40}/, { entropy: 4 }),
  named('influxdb-token', 'InfluxDB token', ['influx'], /[\w-]{86}==/, { entropy: 4.2 }),
  token(
    'database-url-password',
    'Password in the address of a database or broker',
    ['postgres', 'mysql', 'mariadb', 'mongodb', 'redis', 'amqp', 'mssql', 'sqlserver', 'clickhouse', 'cockroachdb']
      .flatMap((name) => [`${name}://`])
      .concat([
        'postgresql://',
        'mongodb+srv://',
        'rediss://',
        'amqps://',
        'mysql2://',
        'postgresql+psycopg2://',
        'postgresql+asyncpg://',
        'nats://',
      ]),
    new RegExp(String.raw`[a-z0-9+]{4,24}:\/\/[^\s:/@"'\x60<>\\{}]{0,64}:([^\s:/@"'\x60<>\\{}]{4,128})${atHost}`),
    { entropy: 2, check: isRealPassword, knows: 'guess', left: 'any', right: 'any', glance: 'login', reach: 500 },
  ),
  token(
    'url-password',
    'Password in an address',
    ['http://', 'https://', 'ftp://', 'sftp://', 'smtp://', 'smtps://'],
    new RegExp(String.raw`(?:https?|s?ftp|smtps?):\/\/[^\s:/@"'\x60<>\\{}?#]{1,64}:([^\s:/@"'\x60<>\\{}?#]{6,200})${atHost}`),
    {
      entropy: 2.5,
      check: isRealPassword,
      knows: 'guess',
      left: 'any',
      right: 'any',
      glance: 'login',
      reach: 500,
    },
  ),
  named('azure-cosmosdb-key', 'Azure Cosmos DB key', ['cosmos', 'documentdb'], /[A-Za-z0-9+/]{86}==/, { entropy: 4 }),
  named('snowflake-password', 'Snowflake password', ['snowflake_password', 'snowflake.password'], /[^\s"'`<>\\]{8,64}/, {
    knows: 'guess',
    check: isRealPassword,
  }),
  named('convex-deploy-key', 'Convex deploy key', ['convex'], /(?:prod|dev|preview):[a-z0-9-]{5,60}\|[A-Za-z0-9+/=]{60,200}/),
  named('appwrite-api-key', 'Appwrite API key', ['appwrite'], /standard_[0-9a-f]{128,256}/),
  named('turso-auth-token', 'Turso token', ['turso'], /eyJ[\w-]{20,100}\.eyJ[\w-]{20,400}\.[\w-]{80,100}/, { reach: 800 }),
  named('hasura-admin-secret', 'Hasura admin secret', ['hasura'], /[A-Za-z0-9]{32,64}/, { entropy: 4 }),
  named('motherduck-token', 'MotherDuck token', ['motherduck'], /eyJ[\w-]{20,100}\.eyJ[\w-]{20,600}\.[\w-]{43,100}/, { reach: 1_000 }),
  named('cockroach-api-key', 'CockroachDB Cloud key', ['cockroach'], /CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}/),
  named('xata-api-key', 'Xata API key', ['xata'], /xau_[A-Za-z0-9]{30,40}/),
  named('azure-search-key', 'Azure AI Search key', ['search_admin_key', 'azure_search'], /[A-Za-z0-9]{39}AzSe[A-Za-z0-9]{9}/),
  named('cloudinary-url', 'Cloudinary address', ['cloudinary'], /cloudinary:\/\/\d{10,18}:[\w-]{20,32}@[\w-]{2,40}/),
  named('client-secret-uuid', 'Client secret', ['client_secret'], uuid, { knows: 'guess' }),
];
