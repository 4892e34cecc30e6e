import type { Hello } from '../shared/controlProtocol.ts';
import { sayHello, type HelloOutcome } from './controlClient.ts';
import { LineFramer, LineTooLong } from './lines.ts';

const patienceMs = 5_000;

/**
 * A daemon of an older version than `hello` names, or of an older protocol, is asked to leave its place to a new one; it goes on
 * serving those whom it has. Gives what is at the path afterwards: nobody, a newer daemon, or the old one where it does not
 * know how to leave. Anything else is given back as it is.
 */
export async function replaceOlder(path: string, hello: Hello, found: HelloOutcome): Promise<HelloOutcome> {
  const protocol = protocolOfOlder(found, hello);
  if (protocol === undefined) {
    return found;
  }
  const pid = pidOf(found);
  // A session of ours would keep it busy.
  close(found);
  const leaves = await askToLeave(path, protocol, hello.version);
  const end = Date.now() + patienceMs;
  for (;;) {
    const now = await sayHello(path, hello);
    const isStillThere = now.kind === 'otherProtocol' || (now.kind === 'connected' && pidOf(now) === pid);
    if (!leaves || !isStillThere || Date.now() > end) {
      return now;
    }
    close(now);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The protocol in which to talk to a daemon that is older than we are; undefined when it is not. */
function protocolOfOlder(found: HelloOutcome, hello: Hello): number | undefined {
  switch (found.kind) {
    case 'connected':
      return isOlder(found.connection.reply.version, hello.version) ? hello.wharf : undefined;
    case 'otherProtocol':
      return found.theirs < hello.wharf ? found.theirs : undefined;
    case 'failed':
      return undefined;
  }
}

function pidOf(found: HelloOutcome): number | undefined {
  return found.kind === 'connected' ? found.connection.reply.pid : undefined;
}

function close(found: HelloOutcome): void {
  if (found.kind === 'connected') {
    found.connection.socket.on('error', () => undefined).destroy();
  }
}

/** Whether it agreed, or is gone already. */
async function askToLeave(path: string, protocol: number, version: string): Promise<boolean> {
  const control = await sayHello(path, { wharf: protocol, role: 'control', version });
  if (control.kind !== 'connected') {
    return control.kind === 'failed';
  }
  const { socket } = control.connection;
  return new Promise((resolve) => {
    const give = (leaves: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(leaves);
    };
    const timer = setTimeout(() => give(false), patienceMs);
    const framer = new LineFramer((line) => give(hasResult(line)));
    socket.on('data', (chunk: Buffer) => {
      try {
        framer.push(chunk);
      } catch (error) {
        if (!(error instanceof LineTooLong)) {
          throw error;
        }
        give(false);
      }
    });
    socket.on('error', () => undefined).on('close', () => give(true));
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon/replace', params: { version } })}\n`);
    socket.resume();
  });
}

function hasResult(line: Buffer): boolean {
  try {
    return (JSON.parse(line.toString()) as { readonly result?: unknown } | null)?.result !== undefined;
  } catch {
    return false;
  }
}

/** Whether a version such as `1.10.0-beta` comes before another. What is no version comes before every one. */
export function isOlder(theirs: string, ours: string): boolean {
  const [a, b] = [partsOf(theirs), partsOf(ours)];
  for (const at of [0, 1, 2]) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  // Two pre-releases of one version are taken as equal: neither may chase the other away.
  return a.isPreRelease && !b.isPreRelease;
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly isPreRelease: boolean } {
  const [core = '', preRelease] = version.split('-', 2);
  const numbers = core.split('.').map(Number);
  return { numbers: numbers.map((number) => (Number.isNaN(number) ? -1 : number)), isPreRelease: preRelease !== undefined };
}
