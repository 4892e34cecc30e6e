import { homedir } from 'node:os';

import * as vscode from 'vscode';

import { allowedHostText } from '../../core/network/allowedHost.ts';
import { pinnableHosts } from '../../core/network/pinnable.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import { confirm } from '../confirm.ts';
import { mayEdit, writeProfile } from '../editProfile.ts';
import { loadProfileEdits } from '../lazyPrograms.ts';
import { selectionOf } from '../profiles.ts';
import type { Command } from './command.ts';
import { serverOf } from './serverOf.ts';

/** Shows which hosts a server reached while it learned them, and on consent closes its network to all others. Gives the hosts. */
export const pinHostsCommand: Command<readonly string[]> = {
  id: commands.pinHosts,
  needsTrust: true,
  run: async (services, argument) => {
    const found = await serverOf(services, argument);
    if (!found.ok) {
      return found;
    }
    const { entry, server } = found.value;
    const cwd = entry.folder?.uri.fsPath ?? homedir();
    const learned = await services.gateway.request('network/learned', { profile: selectionOf(entry), cwd, server: server.name });
    if (!learned.ok) {
      return learned;
    }
    const hosts = pinnableHosts(learned.value.hosts);
    if (server.kind !== 'image' || server.network.kind !== 'learn' || hosts.length === 0) {
      return fail(problems.nothingLearned(server.name, entry.file.id, server.kind === 'image' && server.network.kind === 'learn'));
    }
    if (!mayEdit(services, entry)) {
      return ok([]);
    }
    const names = [...server.network.hosts.map(allowedHostText), ...hosts.map(allowedHostText)];
    const agreed = await confirm(
      vscode.l10n.t('Let {0} reach these hosts and no others?', server.name),
      [
        ...new Set(names),
        vscode.l10n.t('It is written into {0}.', vscode.workspace.asRelativePath(entry.file.path)),
        vscode.l10n.t('None of what it learned may lie in a private network.'),
      ],
      vscode.l10n.t('Pin These Hosts'),
    );
    if (!agreed) {
      return ok([]);
    }
    const text = loadProfileEdits().pinnedText(entry.file, server, hosts);
    const written = text.ok ? await writeProfile(services, entry, text.value) : text;
    if (!written.ok) {
      return written;
    }
    services.messages.done(vscode.l10n.t('{0} reaches only its hosts after its next start.', server.name));
    return ok(names);
  },
};
