import { open } from 'node:fs/promises';
import { join } from 'node:path';

const tailBytes = 256 * 1024;
const mostLines = 150;
const longestLine = 2_000;

/** The end of the daemon's log, from the beginning of a line; null where there is none. */
export async function logTail(dataFolder: string): Promise<string | null> {
  const handle = await open(join(dataFolder, 'daemon.log'), 'r').catch(() => undefined);
  if (handle === undefined) {
    return null;
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, tailBytes)), 0, Math.min(size, tailBytes), start);
    const text = buffer.toString('utf8', 0, bytesRead);
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

/** The first line that a daemon writes. */
const firstWords = /^\S+ Wharf \S+ serves at /;
const lastWords = /^\S+ Wharf stopped\./;

/** What the daemon wrote that runs now: only that one knows which values its servers were given. In place of earlier lines: how the one before ended. */
export function sinceStart(log: string): string {
  const lines = log.split('\n');
  const start = lines.findLastIndex((line) => firstWords.test(line));
  if (start < 1) {
    return log;
  }
  const ended = lastWords.test(lines[start - 1] ?? '') ? 'stopped' : 'ended without a word';
  return [`(left out: what an earlier daemon wrote; it ${ended})`, ...lines.slice(start)].join('\n');
}

/** What of a log is shown, after it was redacted. */
export function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-mostLines);
  return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)).join('\n');
}
