import { findMembers, type Span } from '../../node/jsonSpans.ts';
import { isEmptyObject, readMembers, withFirst, withMembers } from './objectBytes.ts';
import { metaKeys, modernVersion } from './revision.ts';

/** What a client says of itself in its handshake; each is JSON. */
export interface ClientHello {
  readonly info: Buffer;
  readonly capabilities: Buffer;
}

/** Reads it from the parameters of "initialize". */
export function readHello(message: Buffer, params: Span | undefined): ClientHello {
  const [info, capabilities] =
    (params === undefined ? undefined : findMembers(message, params.start, ['clientInfo', 'capabilities']))?.spans ?? [];
  const bytes = (span: Span | undefined, otherwise: string): Buffer =>
    span === undefined ? Buffer.from(otherwise) : message.subarray(span.start, span.end);
  return { info: bytes(info, '{"name":"unknown client","version":"0"}'), capabilities: bytes(capabilities, '{}') };
}

/** What each request to a server of 2026-07-28 says about its client. */
export class RequestEnvelope {
  private readonly hello: ClientHello;
  private keys: Readonly<Record<string, Buffer>> = {};
  private bytes = Buffer.alloc(0);

  constructor(hello: ClientHello) {
    this.hello = hello;
    this.setLogLevel(undefined);
  }

  /** From now on requests ask for log messages of this level. */
  setLogLevel(level: string | undefined): void {
    this.keys = {
      [metaKeys.version]: Buffer.from(JSON.stringify(modernVersion)),
      [metaKeys.clientInfo]: this.hello.info,
      [metaKeys.capabilities]: this.hello.capabilities,
      ...(level === undefined ? {} : { [metaKeys.logLevel]: Buffer.from(JSON.stringify(level)) }),
    };
    this.bytes = Buffer.concat(withMembers(Buffer.from('{}'), 0, this.keys) ?? []);
  }

  /** Parameters with it, as pieces of one JSON object. */
  around(params: Buffer | undefined): readonly Buffer[] {
    const own = Buffer.concat([Buffer.from('"_meta":'), this.bytes]);
    if (params?.[0] !== 0x7b || isEmptyObject(params)) {
      return [Buffer.from('{'), own, Buffer.from('}')];
    }
    const span = params.includes('"_meta"') ? readMembers(params, 0)?.members.find(({ name }) => name === '_meta')?.value : undefined;
    const meta = span === undefined ? undefined : withMembers(params.subarray(span.start, span.end), 0, this.keys);
    const merged = meta === undefined ? undefined : withMembers(params, 0, { _meta: Buffer.concat(meta) });
    return merged ?? withFirst(params, 0, own);
  }
}
