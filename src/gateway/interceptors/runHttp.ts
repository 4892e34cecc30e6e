import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

import { LastWords } from '../lastWords.ts';
import { BoundedOutput, failed, keptWords, tooMuch, type Outcome } from './outcome.ts';

/** Sends the payload with POST and takes the body of the answer. Follows no redirect. `signal` ends it; its reason is half a sentence. */
export function runHttp(url: URL, payload: Buffer, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': payload.length },
      signal,
    });
    const fail = (error: Error): void =>
      resolve(failed(signal.aborted ? String(signal.reason) : `it could not be asked: ${error.message}`));
    request.on('error', fail);
    request.on('response', (response) => {
      response.on('error', fail);
      const output = new BoundedOutput();
      response.on('data', (chunk: Buffer) => {
        if (!output.push(chunk)) {
          resolve(failed(tooMuch));
          request.destroy();
        }
      });
      response.on('end', () => resolve(judge(response, output.bytes)));
    });
    request.end(payload);
  });
}

function judge(response: IncomingMessage, body: Buffer): Outcome {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    return failed(`it answered with a redirect (${status}), and none is followed`);
  }
  if (status >= 400) {
    const words = new LastWords(keptWords);
    words.hear('out', body);
    return failed(`it answered with HTTP status ${status}`, words.text.trim());
  }
  return { kind: 'output', bytes: body };
}
