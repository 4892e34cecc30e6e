import { homedir } from 'node:os';

import * as vscode from 'vscode';

import type { RemoteServer } from '../../core/profile/profile.ts';
import { remoteHost } from '../../core/profile/remoteAddress.ts';
import * as problems from '../../core/problems.ts';
import type { LoginSummary } from '../../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { openVault } from '../openVault.ts';
import { selectionOf, type ProfileEntry } from '../profiles.ts';
import { rowOf } from '../views/rows.ts';
import type { Command, Services } from './command.ts';

interface Candidate {
  readonly entry: ProfileEntry;
  readonly server: RemoteServer;
}

/** Logs in at a remote server of an allowed profile through the person's browser. Gives the server's address. */
export const signInCommand: Command<string | null> = {
  id: commands.signIn,
  needsTrust: true,
  run: async (services, argument) => {
    const picked = await pickServer(services, argument);
    if (!picked.ok || picked.value === undefined) {
      return picked.ok ? ok(null) : picked;
    }
    const { entry, server } = picked.value;
    if (!entry.file.allowed) {
      return fail(problems.profileNotAllowed(entry.file.path, entry.file.id, entry.file.isPulled, entry.file.scope === 'user'));
    }
    const vault = await openVault(services);
    if (!vault.ok || !vault.value) {
      return vault.ok ? ok(null) : vault;
    }
    const login = await logIn(services, picked.value);
    if (!login.ok) {
      return login.problem.code === 'WHARF_LOGIN_OVER' ? ok(null) : login;
    }
    services.messages.done(vscode.l10n.t('You are signed in to {0}.', server.name));
    void services.profiles.ask(entry, true);
    return ok(login.value.server);
  },
};

/** The row that the command was called on, the names that a program passed, the only remote server, or the one picked. */
async function pickServer(services: Services, argument: unknown): Promise<Result<Candidate | undefined>> {
  const row = rowOf(argument);
  if (row?.kind === 'server' && row.server.kind === 'remote') {
    return ok({ entry: row.entry, server: row.server });
  }
  const listed = await services.profiles.list();
  if (!listed.ok) {
    return listed;
  }
  const all = listed.value.flatMap(candidatesOf);
  const wanted = typeof argument === 'object' && argument !== null && 'server' in argument ? argument.server : undefined;
  if (typeof wanted === 'string') {
    const found = all.find(({ server }) => server.name === wanted);
    return found === undefined
      ? fail(
          problems.loginServerUnknown(
            wanted,
            all.map(({ server }) => server.name),
          ),
        )
      : ok(found);
  }
  const [only] = all;
  if (only === undefined) {
    services.messages.done(vscode.l10n.t('No profile here that is allowed has a remote server.'));
    return ok(undefined);
  }
  return ok(all.length === 1 ? only : await choose(all));
}

function candidatesOf(entry: ProfileEntry): readonly Candidate[] {
  const { profile, allowed } = entry.file;
  const servers = allowed && profile.ok ? profile.value.servers : [];
  return servers.flatMap((server) => (server.kind === 'remote' ? [{ entry, server }] : []));
}

async function choose(all: readonly Candidate[]): Promise<Candidate | undefined> {
  const items = all.map((candidate) => ({
    label: candidate.server.name,
    description: remoteHost(candidate.server.url),
    detail: candidate.entry.file.id,
    candidate,
  }));
  const options = { title: vscode.l10n.t('Sign In to Server'), placeHolder: vscode.l10n.t('Which server?') };
  return (await vscode.window.showQuickPick(items, options))?.candidate;
}

async function logIn({ gateway, messages }: Services, { entry, server }: Candidate): Promise<Result<LoginSummary>> {
  // The login belongs to the daemon, which must not end before the person is back.
  const held = gateway.hold();
  const options = {
    location: vscode.ProgressLocation.Notification,
    cancellable: true,
    title: vscode.l10n.t('Signing in to {0}: say yes in your browser', server.name),
  };
  try {
    return await vscode.window.withProgress(options, async (_progress, cancelled) => {
      const cwd = entry.folder?.uri.fsPath ?? homedir();
      const begun = await gateway.request('oauth/begin', { profile: selectionOf(entry), cwd, server: server.name, scopes: [] });
      if (!begun.ok) {
        return begun;
      }
      const { login, address } = begun.value;
      const cancel = (): void => void gateway.request('oauth/cancel', { login });
      cancelled.onCancellationRequested(cancel);
      if (cancelled.isCancellationRequested) {
        cancel();
      } else {
        await visit(address, messages);
      }
      return gateway.request('oauth/wait', { login });
    });
  } finally {
    held.dispose();
  }
}

async function visit(address: string, messages: Services['messages']): Promise<void> {
  const redirect = new URL(address).searchParams.get('redirect_uri');
  if (vscode.env.remoteName !== undefined && redirect !== null) {
    // Forwards the port on which the daemon waits for the browser, where that is another computer's.
    await vscode.env.asExternalUri(vscode.Uri.parse(redirect));
  }
  // As text it is opened as it is; a `Uri` would be decoded and encoded in another way on its way (vscode#85930).
  const opened = await vscode.env.openExternal(address as unknown as vscode.Uri);
  if (!opened) {
    messages.warn(vscode.l10n.t('No browser was opened. Open the address yourself.'), [
      { title: vscode.l10n.t('Copy Address'), run: () => vscode.env.clipboard.writeText(address) },
    ]);
  }
}
