/** Bodies come from others; one that is no JSON is shown as the text that it is. */
export function readBody(bytes: Uint8Array | null): unknown {
  if (bytes === null) {
    return null;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
