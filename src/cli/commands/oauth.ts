import { text } from 'node:stream/consumers';

import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import type { ControlClient } from '../../node/controlClient.ts';
import type { LoginClientChoice, LoginSummary } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { commandLocations, openControl } from '../context.ts';
import { openBrowser } from '../openBrowser.ts';
import { listFormatOption, wholeNumber, type ListFormat } from '../options.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';
import { findRemoteServer } from '../remoteServers.ts';
import { needsVault } from '../secret/vaultControl.ts';
import type { RunAction } from '../runAction.ts';

export function addOauthCommands(program: Command, run: RunAction): void {
  const oauth = program.command('oauth').description('logins at remote servers');
  oauth
    .command('ls')
    .alias('list')
    .description('list them')
    .addOption(listFormatOption())
    .option('--json', 'the same as --format json')
    .action(run(list));
  oauth
    .command('authorize')
    .description('log in at a remote server of a profile')
    .argument('<name>', 'its name in the profile, or its address')
    .option('--profile <id>', 'the profile, where several have a server of that name')
    .option('--scopes <scopes>', 'what the login shall allow, with spaces between, in place of what the server proposes')
    .option('--open-browser', 'open the page in your browser')
    .option('--client-id <id>', 'a client that was registered at the authorization server by hand')
    .option('--client-secret', 'read the secret of that client from stdin')
    .option('--client-metadata <address>', 'a client that is described by the document at this https address')
    .option('--callback-port <port>', 'the port of the redirect address that the client was registered with', wholeNumber(65_535))
    .action(run(authorize));
  oauth
    .command('revoke')
    .description('end a login, at its authorization server and here')
    .argument('<name>', 'the name of its server in a profile, or its address')
    .option('--profile <id>', 'the profile, where several have a server of that name')
    .action(run(revoke));
}

async function list(options: { format: ListFormat; json?: boolean }): Promise<number> {
  const control = await openControl(commandLocations());
  if (!control.ok) {
    return complain(control.problem);
  }
  const answer = await control.value.request('oauth/list', {});
  control.value.close();
  if (!answer.ok) {
    return complain(answer.problem);
  }
  const { logins } = answer.value;
  const format = options.json === true ? 'json' : options.format;
  if (format !== 'human') {
    printValue(answer.value, format);
  } else if (logins.length === 0) {
    print('No login.');
  } else {
    printTable([['SERVER', 'AUTHORIZATION SERVER', 'SCOPES', 'TOKEN UNTIL', 'RENEWS'], ...logins.map(row)]);
  }
  return exitCodes.ok;
}

function row({ server, issuer, scopes, expiresAt, canRefresh }: LoginSummary): readonly string[] {
  return [server, issuer, scopes.join(' '), expiresAt ?? 'not said', canRefresh ? 'by itself' : 'no'];
}

interface AuthorizeOptions {
  readonly profile?: string;
  readonly scopes?: string;
  readonly openBrowser?: boolean;
  readonly clientId?: string;
  readonly clientSecret?: boolean;
  readonly clientMetadata?: string;
  readonly callbackPort?: number;
}

async function authorize(name: string, options: AuthorizeOptions): Promise<number> {
  const client = await clientOf(options);
  if (!client.ok) {
    return complain(client.problem);
  }
  const locations = commandLocations();
  const found = await findRemoteServer(locations, name, options.profile);
  if (!found.ok) {
    return complain(found.problem);
  }
  const control = await openControl(locations);
  if (!control.ok) {
    return complain(control.problem);
  }
  const giveUp = new AbortController();
  const stop = (): void => giveUp.abort();
  try {
    const vault = await needsVault(control.value);
    if (!vault.ok) {
      return complain(vault.problem);
    }
    // From before the daemon has a login: what ends this command also ends that.
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const begun = await control.value.request('oauth/begin', {
      profile: found.value.profile,
      cwd: process.cwd(),
      server: found.value.server.name,
      scopes: (options.scopes ?? '').split(/[\s,]+/).filter((scope) => scope !== ''),
      ...(client.value === undefined ? {} : { client: client.value }),
    });
    if (!begun.ok) {
      return complain(begun.problem);
    }
    const { login, address } = begun.value;
    note(`Open this page in a browser on this computer and say yes there:`);
    print(address);
    sayHowToReach(address);
    if (options.openBrowser === true && !(await openBrowser(address))) {
      note('wharf: No browser could be started here.');
    }
    note('Waiting up to 5 minutes; Ctrl+C gives up …');
    return await wait(control.value, login, giveUp.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    control.value.close();
  }
}

async function wait(control: ControlClient, login: string, givenUp: AbortSignal): Promise<number> {
  const waiting = control.request('oauth/wait', { login });
  const cancel = (): void => void control.request('oauth/cancel', { login });
  if (givenUp.aborted) {
    cancel();
  } else {
    givenUp.addEventListener('abort', cancel, { once: true });
  }
  const outcome = await waiting;
  if (!outcome.ok) {
    return complain(outcome.problem);
  }
  const { server, issuer, scopes, canRefresh } = outcome.value;
  print(`You are logged in at ${server} through ${issuer}${scopes.length === 0 ? '' : `, for: ${scopes.join(' ')}`}.`);
  if (!canRefresh) {
    note('The server gave nothing to renew it with: you will be asked again when it ends.');
  }
  return exitCodes.ok;
}

/** The browser comes back to this computer, which is another one than the person's over SSH. */
function sayHowToReach(address: string): void {
  const redirect = new URL(address).searchParams.get('redirect_uri') ?? '';
  if (process.env['SSH_CONNECTION'] !== undefined && URL.canParse(redirect)) {
    const { port } = new URL(redirect);
    note(`You are here over SSH: first let the browser's computer reach port ${port} of this one: ssh -L ${port}:127.0.0.1:${port} …`);
  }
}

async function clientOf(options: AuthorizeOptions): Promise<Result<LoginClientChoice | undefined>> {
  const { clientId, clientSecret, clientMetadata, callbackPort } = options;
  if (clientMetadata !== undefined) {
    return clientId === undefined && clientSecret !== true && callbackPort === undefined
      ? ok({ kind: 'document', url: clientMetadata })
      : fail(
          problems.badArgument('--client-metadata goes without --client-id, --client-secret and --callback-port.', 'wharf oauth authorize'),
        );
  }
  if (clientId === undefined) {
    return clientSecret === true || callbackPort !== undefined
      ? fail(problems.badArgument('--client-secret and --callback-port need --client-id.', 'wharf oauth authorize'))
      : ok(undefined);
  }
  if (clientSecret === true && process.stdin.isTTY) {
    note('Type the secret of the client and end with Ctrl+D:');
  }
  const secret = clientSecret === true ? (await text(process.stdin)).trim() : null;
  return secret === ''
    ? fail(problems.badArgument('There is no secret on stdin.', 'wharf oauth authorize'))
    : ok({ kind: 'known', id: clientId, secret, port: callbackPort ?? null });
}

async function revoke(name: string, options: { profile?: string }): Promise<number> {
  const locations = commandLocations();
  const found = await findRemoteServer(locations, name, options.profile);
  // A login may be older than the profile that it was made for.
  const server = found.ok ? found.value.server.url : URL.canParse(name) ? name : undefined;
  if (server === undefined) {
    return found.ok ? exitCodes.failed : complain(found.problem);
  }
  const control = await openControl(locations);
  if (!control.ok) {
    return complain(control.problem);
  }
  const answer = await control.value.request('oauth/revoke', { server });
  control.value.close();
  if (!answer.ok) {
    return complain(answer.problem);
  }
  print(
    answer.value.revoked
      ? `The login at ${server} is ended and forgotten.`
      : `The login at ${server} is forgotten. Its authorization server knows no way to end it: look into your account there.`,
  );
  return exitCodes.ok;
}
