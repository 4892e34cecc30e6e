import { isOrigin } from '../core/http/origin.ts';
import { parseSize } from '../core/profile/units.ts';
import type { GatewayTransport } from '../shared/gatewayRun.ts';
import { Misused, read, wholeNumber, type Values } from './optionValues.ts';

const defaultPort = 8811;
/** Docker's words for it. */
const streaming = ['streaming', 'http', 'streamable', 'streamable-http'];
/** Options that say something of streaming alone. */
const ofStreaming = ['host', 'port', 'allowed-host', 'tokens', 'tls-cert', 'tls-key', 'cors-origin', 'rate-limit', 'max-body', 'audit-log'];
const bodySizes = { least: 1024, most: 1024 ** 3 };

/** How clients reach the gateway. */
export function transportOf(values: Values): GatewayTransport {
  const kind = values.text('transport') ?? 'stdio';
  if (kind === 'sse') {
    throw new Misused('The transport "sse" is not offered, as clients and the protocol have left it: use --transport streaming.');
  }
  if (kind !== 'stdio' && !streaming.includes(kind)) {
    throw new Misused(`The transport "${kind}" is not known, only stdio and streaming are.`);
  }
  if (kind === 'stdio') {
    for (const name of ofStreaming) {
      const value = values.text(name);
      if (value !== undefined) {
        throw new Misused(`--${name} "${value}" needs --transport streaming.`);
      }
    }
    if (values.isSet('insecure-http')) {
      throw new Misused('--insecure-http needs --transport streaming.');
    }
    return { kind };
  }
  const host = values.text('host');
  if (host !== undefined && !/^[\w.:-]+$/.test(host)) {
    throw new Misused(`--host takes a name or an address of this computer, not "${host}".`);
  }
  return {
    kind: 'streaming',
    host: host ?? '127.0.0.1',
    port: read(values, 'port', (text) => wholeNumber(text, 0, 65_535), 'a number from 0 to 65535') ?? defaultPort,
    allowedHosts: values.texts('allowed-host'),
    ...protectionOf(values),
  };
}

function protectionOf(values: Values): Omit<Extract<GatewayTransport, { kind: 'streaming' }>, 'kind' | 'host' | 'port' | 'allowedHosts'> {
  const [tokensFile, auditLog] = [pathOf(values, 'tokens'), pathOf(values, 'audit-log')];
  const [cert, key] = [pathOf(values, 'tls-cert'), pathOf(values, 'tls-key')];
  if ((cert === undefined) !== (key === undefined)) {
    throw new Misused(`--tls-cert and --tls-key belong together: --tls-${cert === undefined ? 'cert' : 'key'} is missing.`);
  }
  const corsOrigins = values.texts('cors-origin').map(checkedOrigin);
  const rateLimit = read(values, 'rate-limit', (text) => wholeNumber(text, 1, 1_000_000), 'a whole number from 1 to 1000000');
  const maxBody = read(values, 'max-body', bodySizeOf, 'a size from 1k to 1g, such as 512k or 8m');
  return {
    ...(tokensFile === undefined ? {} : { tokensFile }),
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
    ...(values.isSet('insecure-http') ? { insecure: true } : {}),
    ...(corsOrigins.length === 0 ? {} : { corsOrigins }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(maxBody === undefined ? {} : { maxBody }),
    ...(auditLog === undefined ? {} : { auditLog }),
  };
}

function pathOf(values: Values, name: string): string | undefined {
  return read(values, name, (text) => (text === '' ? undefined : text), 'the path of a file');
}

function bodySizeOf(text: string): number | undefined {
  const bytes = parseSize(text);
  return bytes === undefined || bytes < bodySizes.least || bytes > bodySizes.most ? undefined : bytes;
}

function checkedOrigin(text: string): string {
  if (!isOrigin(text)) {
    const words = 'an origin as browsers write it, such as https://app.example or http://localhost:6274';
    throw new Misused(`--cors-origin takes ${words}, not "${text}"${text === '*' ? ': pages of everybody are never let in' : ''}.`);
  }
  return text;
}
