import type { Readable } from 'node:stream';

/** The JSON values of a stream, one per line. Throws when the connection breaks before the end. */
export async function* jsonLines(stream: Readable): AsyncGenerator<unknown, void> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') {
        yield JSON.parse(line) as unknown;
      }
    }
  }
  if (rest.trim() !== '') {
    yield JSON.parse(rest) as unknown;
  }
}
