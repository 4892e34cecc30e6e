import { addressKey, addressScope } from './addresses.ts';
import { isLoopbackName, parseAllowedHost, type AllowedHost } from './allowedHost.ts';

/** Ports by scheme, as the clients of these services take them where an address names none. */
const schemePorts: Readonly<Record<string, number>> = {
  amqp: 5672,
  amqps: 5671,
  bolt: 7687,
  'bolt+s': 7687,
  'bolt+ssc': 7687,
  clickhouse: 9000,
  cockroachdb: 26_257,
  ftp: 21,
  git: 9418,
  http: 80,
  https: 443,
  imap: 143,
  imaps: 993,
  kafka: 9092,
  ldap: 389,
  ldaps: 636,
  mariadb: 3306,
  mongodb: 27_017,
  'mongodb+srv': 27_017,
  mqtt: 1883,
  mqtts: 8883,
  mssql: 1433,
  mysql: 3306,
  nats: 4222,
  neo4j: 7687,
  'neo4j+s': 7687,
  'neo4j+ssc': 7687,
  oracle: 1521,
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  rediss: 6379,
  sftp: 22,
  smtp: 25,
  smtps: 465,
  sqlserver: 1433,
  ssh: 22,
  tls: 443,
  valkey: 6379,
  valkeys: 6379,
  ws: 80,
  wss: 443,
};

/** Whose addresses often have an `@` in their path, and never an unescaped `/` in a password. */
const webSchemes: readonly string[] = ['http', 'https', 'ws', 'wss'];
const longestValue = 64 * 1024;

/**
 * The hosts that values of configuration, variables and secrets name: connection strings, addresses, lists of `host:port`, and
 * pairs such as `DB_HOST` and `DB_PORT`. Only hosts and ports come out, never another part of a value.
 */
export function hostsInValues(values: Readonly<Record<string, string>>): readonly AllowedHost[] {
  const texts = Object.values(values).filter((text) => text.length <= longestValue);
  const found = [...texts.flatMap(hostsInText), ...hostsInPairs(values)];
  const unique = new Map(found.map((host) => [`${host.host} ${host.port}`, host]));
  return [...unique.values()].filter(({ host }) => !isItself(host));
}

/** Whether these hosts alone make a network closed to all others: where one is an address, there is no name that could be held. */
export function mayBeHeld(hosts: readonly AllowedHost[]): boolean {
  return hosts.length > 0 && hosts.every(({ host }) => addressKey(host) === undefined);
}

function hostsInText(text: string): readonly AllowedHost[] {
  const urls = [...text.matchAll(/\b([a-z][a-z0-9+.-]{0,30}):\/\/([^\s"'<>`\\]+)/gi)];
  return [
    ...urls.flatMap(([, scheme = '', rest = '']) => hostsInUrl(scheme.toLowerCase(), rest)),
    ...oracleHosts(text),
    ...hostPortList(text),
    ...keywordHosts(text),
  ];
}

function hostsInUrl(fullScheme: string, rest: string): readonly AllowedHost[] {
  // SQLAlchemy's `postgresql+psycopg2` is PostgreSQL through a driver.
  const scheme = schemePorts[fullScheme] === undefined ? fullScheme.replace(/\+.*$/, '') : fullScheme;
  const port = schemePorts[scheme];
  if (port === undefined) {
    return [];
  }
  const authority = authorityOf(scheme, rest).replace(/^.*@/s, '');
  const hosts = authority.split(',').flatMap((text) => toHost(text, port));
  if (scheme === 'mongodb+srv') {
    // The servers are told by DNS, and lie below the same domain (MongoDB's "Initial DNS Seedlist Discovery").
    return hosts.flatMap(({ host }) => toHost(`*.${host.split('.').slice(1).join('.')}`, port));
  }
  const query = /^[^?]*\?([^#]*)/s.exec(rest)?.[1] ?? '';
  const inQuery = /^(?:postgres|postgresql|cockroachdb)$/.test(scheme) ? keywordHosts(query.replace(/&/g, ' ')) : [];
  return [...hosts, ...inQuery];
}

/** A password that is not escaped may hold `/`, `?` or `#`: then what stands behind the last `@` is the host. */
function authorityOf(scheme: string, rest: string): string {
  const [plain = ''] = rest.split(/[/?#;]/, 1);
  const at = rest.lastIndexOf('@');
  if (plain.includes('@') || at === -1 || webSchemes.includes(scheme)) {
    return plain;
  }
  const [behind = ''] = rest.slice(at + 1).split(/[/?#;]/, 1);
  return behind;
}

/** `jdbc:oracle:thin:@host:1521:SID` and `user/password@//host:1521/service`. */
function oracleHosts(text: string): readonly AllowedHost[] {
  if (!/jdbc:oracle:|^[^\s/@]+\/[^\s@]+@/i.test(text)) {
    return [];
  }
  return [...text.matchAll(/@(?:\/\/)?([a-z0-9.-]+):(\d{1,5})[:/][\w.$-]+/gi)].flatMap(([, host = '', port = '']) =>
    toHost(`${host}:${port}`, 0),
  );
}

/** A value that is nothing but hosts with ports, such as the brokers of Kafka. */
function hostPortList(text: string): readonly AllowedHost[] {
  const parts = text.split(/[,;]/).map((part) => part.trim());
  const isList = parts.every((part) => /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(part));
  return isList ? parts.flatMap((part) => toHost(part, 0)) : [];
}

/** `host=… port=…` of libpq, and `Server=tcp:…,1433;` or `Host=…;Port=…` of ADO.NET and ODBC. */
function keywordHosts(text: string): readonly AllowedHost[] {
  const word = (names: string): string | undefined => new RegExp(`(?:^|[\\s;])(?:${names})\\s*=\\s*([^\\s;'"]+)`, 'i').exec(text)?.[1];
  const server = word('server|data source|addr|address')?.replace(/^tcp:/i, '');
  const port = word('port');
  const database = /(?:^|[\s;])(?:database|initial catalog|dbname|user id|uid|user)\s*=/i.test(text);
  if (server !== undefined && database) {
    const [host = '', behindComma] = server.split(',');
    return toHost(`${host.split('\\')[0]}:${behindComma ?? port ?? 1433}`, 0);
  }
  const host = word('host|hostaddr');
  return host !== undefined && (database || port !== undefined)
    ? host.split(',').flatMap((each) => toHost(`${each}:${(port ?? '5432').split(',')[0]}`, 0))
    : [];
}

const servicePorts: readonly (readonly [name: RegExp, port: number])[] = [
  [/^(?:PG|POSTGRES|POSTGRESQL)/i, 5432],
  [/^(?:MYSQL|MARIADB)/i, 3306],
  [/^MONGO/i, 27_017],
  [/^(?:REDIS|VALKEY)/i, 6379],
];

/** `DB_HOST` beside `DB_PORT`, `PGHOST` beside `PGPORT`. */
function hostsInPairs(values: Readonly<Record<string, string>>): readonly AllowedHost[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const [, prefix] = /^(.*?)_?(?:HOST|HOSTNAME|SERVER|ENDPOINT|ADDRESS)$/i.exec(name) ?? [];
    if (prefix === undefined || !/^[a-z0-9][a-z0-9.-]*$/i.test(value.trim())) {
      return [];
    }
    const beside = values[`${prefix}_PORT`] ?? values[`${prefix}PORT`];
    const port = beside ?? servicePorts.find(([service]) => service.test(name))?.[1];
    return port === undefined ? [] : toHost(`${value.trim()}:${port}`, 0);
  });
}

/** `usual` is the port where the text names none; 0 where it must. */
function toHost(text: string, usual: number): readonly AllowedHost[] {
  const host = parseAllowedHost(/(?:^|[^:]):\d+$|\]:\d+$/.test(text) ? text : `${text}:${usual}`);
  // A number alone is a port, a version or a part of a password.
  return host === undefined || /^\d+$/.test(host.host) ? [] : [host];
}

/** The container itself, and the place-holders of examples that are empty. */
function isItself(host: string): boolean {
  return isLoopbackName(host) || (/^(?:127|0)\./.test(addressKey(host) ?? '') && addressScope(host) === 'forbidden');
}
