/** What a server says about itself. */
export interface ServerHello {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly instructions: string | undefined;
}

/** Reads the result of "initialize", and puts what is usual in place of what makes no sense. */
export function readHello({ protocolVersion, capabilities, instructions }: Readonly<Record<string, unknown>>): ServerHello {
  return {
    protocolVersion: typeof protocolVersion === 'string' ? protocolVersion : '2025-11-25',
    capabilities: typeof capabilities === 'object' && capabilities !== null ? (capabilities as Readonly<Record<string, unknown>>) : {},
    instructions: typeof instructions === 'string' ? instructions : undefined,
  };
}
