import * as problems from '../../core/problems.ts';
import { responseOf } from '../../node/envelope.ts';
import { findMembers, parseSpan } from '../../node/jsonSpans.ts';
import { errorCodes, type McpTool, type RequestId } from '../../shared/mcp.ts';
import type { Finding } from '../../shared/findings.ts';
import type { Problem } from '../../shared/problem.ts';
import type { OpenCall } from '../keptCall.ts';
import { describeError } from '../describeError.ts';
import type { Withheld } from '../locks/lockedOffers.ts';
import type { Looked } from '../scan/guard.ts';
import type { Target, ToolTarget } from './offer.ts';
import type { Passing } from './passedRequest.ts';
import type { RequestsHost, RequestsLink } from './requests.ts';
import { withParams, type ClientRequest, type Routed, type RoutedRequest } from './routing.ts';

/** A call that is not on its way to a server yet: nobody knows the tool, or an interceptor looks at it. */
interface Undecided {
  readonly call: OpenCall;
  /** Ends what looks at the call. */
  readonly controller: AbortController;
}

/** A call that arrived. */
interface Begun extends RoutedRequest {
  /** The tool as the client calls it. */
  readonly name: string;
  readonly call: OpenCall;
}

type Pass = (request: ClientRequest, message: Buffer, routed: Routed, passing: Passing) => void;

/** The calls of tools of one client, until they are passed on. */
export class ToolCalls {
  private readonly host: RequestsHost;
  private readonly link: RequestsLink;
  private readonly pass: Pass;
  private readonly undecided = new Map<RequestId, Undecided>();

  constructor(host: RequestsHost, link: RequestsLink, pass: Pass) {
    this.host = host;
    this.link = link;
    this.pass = pass;
  }

  get openIds(): readonly RequestId[] {
    return [...this.undecided.keys()];
  }

  cancel(id: RequestId): void {
    const undecided = this.undecided.get(id);
    this.undecided.delete(id);
    undecided?.call.end({ status: 'cancelled', result: null });
    undecided?.controller.abort();
  }

  begin(request: ClientRequest, message: Buffer, routed: Routed): void {
    const name = parseSpan(message, routed.name);
    if (typeof name !== 'string') {
      this.link.wire.fault(request.id, errorCodes.invalidParams, 'A call needs the name of a tool.');
      return;
    }
    const target = this.link.offer().tools.get(name);
    const params = message.subarray(routed.params.start, routed.params.end);
    const looked = target && this.link.guard.look(params, 'arguments', target.server, target.own);
    // Whose call it is is not known yet where there is no target: what is kept holds no secret in any case.
    const kept = looked?.kept ?? this.link.guard.masked(params);
    const start = {
      client: this.host.client(),
      thread: routed.thread,
      profile: this.host.profile.id,
      profilePath: this.host.profile.origin.path,
      server: target?.server ?? '',
      tool: target?.own ?? this.shown(name),
      arguments: kept === params ? routed.args && message.subarray(routed.args.start, routed.args.end) : argumentsOf(kept),
      requestBytes: message.length,
    };
    const call = this.host.calls.begin(start, this.host.called);
    const begun: Begun = { request, message, routed, name, call };
    if (target === undefined || looked === undefined) {
      this.guard(request, call, this.waitForTool(begun));
    } else {
      this.goOn(begun, target, looked);
    }
  }

  private goOn(begun: Begun, target: ToolTarget, looked: Looked): void {
    const { request, call } = begun;
    call.finds(looked.findings);
    if (looked.kind === 'blocked') {
      this.block(request.id, call, looked.problem);
      return;
    }
    const seen = looked.findings.length === 0 ? begun : withParams(begun, looked.value);
    if (seen === undefined) {
      this.block(request.id, call, problems.secretBlocked('arguments', target.own, target.server));
    } else {
      this.go({ ...begun, ...seen }, target);
    }
  }

  /** The tool may belong to a server that still starts for the first time. */
  private async waitForTool(begun: Begun): Promise<void> {
    const { request, name, call } = begun;
    this.undecided.set(request.id, { call, controller: new AbortController() });
    await this.host.servers.known;
    if (!this.undecided.delete(request.id)) {
      return;
    }
    const target = this.link.offer().tools.get(name);
    const withheld = target === undefined ? this.host.servers.withheld(name) : undefined;
    if (withheld !== undefined) {
      call.isFor(withheld.server, withheld.tool);
      call.finds([lockFinding(withheld)]);
      this.block(request.id, call, withheld.problem, withheld.who);
      return;
    }
    if (target === undefined && this.host.servers.withdrawn !== null) {
      this.block(request.id, call, this.host.servers.withdrawn);
      return;
    }
    if (target === undefined) {
      this.refuse(request.id, call, problems.toolUnknown(this.shown(name), this.host.profile.id, this.host.servers.unknownFailures));
      return;
    }
    call.isFor(target.server, target.own);
    const { start, end } = begun.routed.params;
    this.goOn(begun, target, this.link.guard.look(begun.message.subarray(start, end), 'arguments', target.server, target.own));
  }

  /** The name of a tool that no server has may be anything, also a secret. */
  private shown(name: string): string {
    const masked: unknown = JSON.parse(this.link.guard.masked(Buffer.from(JSON.stringify(name))).toString());
    return typeof masked === 'string' ? masked : '';
  }

  private go({ request, message, routed, name, call }: Begun, target: ToolTarget): void {
    const replacements = target.own === name ? [] : [{ ...routed.name, by: Buffer.from(JSON.stringify(target.own)) }];
    const passing: Passing = { target, replacements, isRepeatable: isRepeatable(target.listed), call, tool: target.listed };
    const { hasBefore, hasAfter } = this.host.interceptors;
    if (!hasBefore && !hasAfter) {
      this.pass(request, message, routed, passing);
    } else {
      this.guard(request, call, this.intercept(request, message, routed, passing, call));
    }
  }

  private async intercept(request: ClientRequest, message: Buffer, routed: Routed, passing: Passing, call: OpenCall): Promise<void> {
    const { id } = request;
    const { interceptors } = this.host;
    const controller = new AbortController();
    this.undecided.set(id, { call, controller });
    const given = await interceptors.before(message, controller.signal);
    if (!this.undecided.delete(id)) {
      return;
    }
    call.segment('intercept');
    if (!given.ok) {
      this.refuse(id, call, given.problem);
    } else if (given.value === undefined) {
      const after = async (result: Buffer): Promise<Buffer | Problem> => {
        const replaced = await interceptors.after(result, controller.signal);
        if (!replaced.ok) {
          return replaced.problem;
        }
        return replaced.value === undefined ? result : Buffer.from(JSON.stringify(replaced.value));
      };
      const abandon = (): void => controller.abort();
      this.pass(request, message, routed, interceptors.hasAfter ? { ...passing, after, abandon } : passing);
    } else {
      call.event('An interceptor answered in place of the server.');
      this.answer(id, call, Buffer.from(JSON.stringify(given.value)), passing.target);
    }
  }

  private answer(id: RequestId, call: OpenCall, result: Buffer, target: Target): void {
    const looked = this.link.guard.look(result, 'result', target.server, target.own);
    call.finds(looked.findings);
    if (looked.kind === 'blocked') {
      this.block(id, call, looked.problem);
    } else {
      call.end({ status: 'ok', result: looked.kept });
      this.link.wire.sendSeen(responseOf(id, 'result', looked.value), id);
    }
  }

  private block(id: RequestId, call: OpenCall, problem: Problem, who?: string): void {
    call.end({ status: 'blocked', result: Buffer.from(JSON.stringify(problem)) });
    this.link.wire.block(id, problem, who);
  }

  private refuse(id: RequestId, call: OpenCall, problem: Problem): void {
    call.end({ status: 'error', result: this.link.guard.masked(Buffer.from(JSON.stringify(problem))) });
    this.link.wire.refuse(id, problem);
  }

  /** A bug in one call must cost the client that call only. */
  private guard({ id }: ClientRequest, call: OpenCall, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.undecided.delete(id);
      this.link.log(`A call failed: ${describeError(error)}`);
      call.end({ status: 'error', result: null });
      this.link.wire.fault(id, errorCodes.internal, 'Wharf failed inside; its log has the details.');
    });
  }
}

function lockFinding({ tool, rule, problem: { message } }: Withheld): Finding {
  return { rule, title: message, kind: 'changedTool', where: 'list', pointer: '', preview: tool, action: 'blocked' };
}

function argumentsOf(params: Buffer): Buffer | undefined {
  const span = findMembers(params, 0, ['arguments'])?.spans[0];
  return span && params.subarray(span.start, span.end);
}

/** Whether the tool says of itself that calling it again does no harm (MCP, tool annotations). */
function isRepeatable({ annotations }: McpTool): boolean {
  return annotations?.['readOnlyHint'] === true || annotations?.['idempotentHint'] === true;
}
