const lineEnds = [0x0a, 0x0d];

/** The same JSON on one line: events and servers on stdio need that. Line ends stand only between its words, where a space does as well. */
export function onOneLine(message: Buffer): Buffer {
  if (!lineEnds.some((end) => message.includes(end))) {
    return message;
  }
  const copy = Buffer.from(message);
  for (const end of lineEnds) {
    for (let at = copy.indexOf(end); at !== -1; at = copy.indexOf(end, at + 1)) {
      copy[at] = 0x20;
    }
  }
  return copy;
}
