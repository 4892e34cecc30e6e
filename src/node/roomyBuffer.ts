/** Bytes that are kept free in front of what was put together: the outside of a message fits there. */
const room = 256;

/** Memory that holds one message alone, with free room around it. */
const roomy = new WeakSet<ArrayBufferLike>();

/** The pieces as one, in memory of its own with room around it. */
export function joined(pieces: readonly Buffer[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = Buffer.allocUnsafeSlow(room + length + room);
  let at = room;
  for (const piece of pieces) {
    at += piece.copy(whole, at);
  }
  roomy.add(whole.buffer);
  return whole.subarray(room, at);
}

/**
 * `value` between `head` and `tail`. A part of what `joined` made is not copied again: they are written around it, over what
 * stood there. That is done once for each piece of memory, as what was made is still on its way when the next comes.
 */
export function between(head: Buffer, value: Buffer, tail: Buffer): Buffer {
  const { buffer, byteOffset } = value;
  const start = byteOffset - head.length;
  const end = byteOffset + value.length + tail.length;
  if (!roomy.has(buffer) || start < 0 || end > buffer.byteLength) {
    return Buffer.concat([head, value, tail]);
  }
  roomy.delete(buffer);
  const whole = Buffer.from(buffer, start, end - start);
  head.copy(whole);
  tail.copy(whole, head.length + value.length);
  return whole;
}
