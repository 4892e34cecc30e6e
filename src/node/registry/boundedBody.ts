import { RegistryError } from './registryError.ts';

/** Reads an answer to its end, and lets go of it as soon as it is longer than it may be. */
export async function boundedBody(response: Response, limit: number): Promise<Buffer> {
  const { body } = response;
  if (body === null) {
    return Buffer.alloc(0);
  }
  if (Number(response.headers.get('content-length') ?? 0) > limit) {
    await dropBody(response);
    throw tooLarge(limit);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > limit) {
      throw tooLarge(limit);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Lets go of a connection whose answer nobody reads. */
export async function dropBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

function tooLarge(limit: number): RegistryError {
  return new RegistryError(`it sent more than ${limit} bytes where fewer belong`);
}
