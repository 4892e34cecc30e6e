import { isImageReference } from '../../core/profile/imageReference.ts';
import { isLoopbackHost } from '../../core/profile/remoteAddress.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** A program that sees tool calls, as `before|after : exec|docker|http : argument` names it (Docker's `--interceptor`). */
export type Interceptor = {
  /** As it was given, for people. */
  readonly text: string;
  readonly when: 'before' | 'after';
} & InterceptorAction;

type InterceptorAction =
  /** Run as `/bin/sh -c SCRIPT`. */
  | { readonly kind: 'exec'; readonly script: string }
  | { readonly kind: 'docker'; readonly image: string; readonly args: readonly string[] }
  /** `https:`, or `http:` on the loopback interface. */
  | { readonly kind: 'http'; readonly url: URL };

/** Reads one `--interceptor`. `when` and `type` may be written in any case, as Docker takes them. */
export function parseInterceptor(text: string): Result<Interceptor> {
  const match = /^([^:]*):([^:]*):(.*)$/s.exec(text);
  if (match === null) {
    return bad(text, 'is not of the form when:type:argument, such as "before:exec:./check.sh"');
  }
  const [when = '', kind = '', argument = ''] = match.slice(1);
  const time = when.trim().toLowerCase();
  if (time !== 'before' && time !== 'after') {
    return bad(text, `runs "before" or "after" a call, not "${short(when)}"`);
  }
  const action = parseAction(kind.trim().toLowerCase(), argument.trim());
  return typeof action === 'string' ? bad(text, action) : ok({ text, when: time, ...action });
}

/** The action, or what is wrong with it. */
function parseAction(kind: string, argument: string): InterceptorAction | string {
  switch (kind) {
    case 'exec':
      return argument === '' ? 'names no command' : { kind, script: argument };
    case 'docker': {
      const words = splitWords(argument);
      if (words === undefined) {
        return 'has a quote that never closes';
      }
      const [image = '', ...args] = words;
      return isImageReference(image) ? { kind, image, args } : `needs an image, and "${short(image)}" is none`;
    }
    case 'http':
      return parseAddress(argument);
    default:
      return `is of the type exec, docker or http, not "${short(kind)}"`;
  }
}

/** A call's arguments and results go there: never in clear over a network, and never to a place that the address hides. */
function parseAddress(text: string): InterceptorAction | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return `needs an address such as https://example.com/check, and "${short(text)}" is none`;
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return 'would send calls in clear over the network: use https, or http on 127.0.0.1, [::1] or localhost';
  }
  return url.username === '' && url.password === ''
    ? { kind: 'http', url }
    : 'holds a password in its address, where everybody can read it';
}

/** Words as a shell splits them, without its variables; undefined when a quote never closes. */
function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/suy;
  let word: string | undefined;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) {
      return undefined;
    }
    const [, single, double, escaped, plain, space] = found;
    if (space === undefined) {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function bad(text: string, what: string): Result<never> {
  return fail(problems.badArgument(`The interceptor "${short(text)}" ${what}.`, 'wharf gateway run'));
}

/** Without a password, which an address may hold before its `@`. */
function short(text: string): string {
  const shown = text.replace(/\/\/[^/\s]*@/, '//…@');
  return shown.length <= 60 ? shown : `${shown.slice(0, 59)}…`;
}
