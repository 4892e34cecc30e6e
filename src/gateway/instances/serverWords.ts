import { errorCodes } from '../../shared/mcp.ts';
import type { ServerRequest, Upstream } from '../upstreams/upstream.ts';
import { notOffered } from '../upstreams/upstreamReply.ts';
import type { Instance } from './instance.ts';

const listChanges = [
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
] as const;

/**
 * A server asks something of its client. On a shared server nobody says for whom: it is passed on only when exactly one
 * client can be meant, because another client's user must not answer.
 */
export function answerServer(instance: Instance, upstream: Upstream, request: ServerRequest, log: (line: string) => void): void {
  if (request.method === 'ping') {
    upstream.respond(request.id, 'result', Buffer.from('{}'));
    return;
  }
  const needed = capabilityOf(request.method);
  if (needed === undefined || !(needed in instance.spec.capabilities)) {
    upstream.respond(request.id, 'error', notOffered(request.method));
    return;
  }
  // All who share this server have the same roots: they are part of its key.
  const user = request.method === 'roots/list' ? instance.uses.everyone[0] : instance.speaker;
  if (user !== undefined) {
    user.ask(instance, request);
    return;
  }
  const { name } = instance.spec.server;
  log(`Server "${name}" asked for ${request.method} while several clients used it; give it "share: session" in its profile.`);
  upstream.respond(request.id, 'error', refused(`Several clients share this server, so "${request.method}" cannot be passed on.`));
}

function refused(message: string): Buffer {
  return Buffer.from(JSON.stringify({ code: errorCodes.invalidRequest, message }));
}

function capabilityOf(method: string): string | undefined {
  switch (method) {
    case 'elicitation/create':
      return 'elicitation';
    case 'sampling/createMessage':
      return 'sampling';
    case 'roots/list':
      return 'roots';
    default:
      return undefined;
  }
}

/** Passes on what a server says by itself, to those who may know of it. */
export function tellUsers(instance: Instance, method: string, params: Buffer | undefined, listsChanged: () => void): void {
  if ((listChanges as readonly string[]).includes(method)) {
    listsChanged();
    return;
  }
  if (method === 'notifications/resources/updated' || method === 'notifications/cancelled') {
    // Each user knows what it follows and what it was asked.
    for (const user of instance.uses.everyone) {
      user.hear(instance, method, params);
    }
    return;
  }
  if (method.startsWith('wharf/')) {
    // What Wharf's own programs say to each other is not a server's to say.
    return;
  }
  // Log lines may tell of another client's work: they are never broadcast.
  instance.speaker?.hear(instance, method, params);
}
