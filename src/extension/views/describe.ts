import * as vscode from 'vscode';

import { commandLine } from '../../core/profile/commandLine.ts';
import type { ImageServer, PociServer, ProfileServer } from '../../core/profile/profile.ts';
import { remoteHost } from '../../core/profile/remoteAddress.ts';
import { shownNetwork } from '../../core/profile/shownNetwork.ts';
import type { ServerReport, ToolSummary } from '../../shared/servers.ts';
import type { ProfileEntry } from '../profiles.ts';
import { appendPlain } from './markdown.ts';
import { markWords, type ServerMarks } from './serverMarks.ts';

/** How many tools, for people; null is "not asked yet". */
export function toolCount(tools: readonly ToolSummary[] | null | undefined): string {
  if (tools === null || tools === undefined) {
    return vscode.l10n.t('tools not known yet');
  }
  return tools.length === 1 ? vscode.l10n.t('1 tool') : vscode.l10n.t('{0} tools', tools.length);
}

/** What a server may reach, in a few words. */
export function reachOf(server: ProfileServer): string {
  switch (server.kind) {
    case 'native':
      return vscode.l10n.t('runs as you, outside any container');
    case 'remote':
      return vscode.l10n.t('remote: {0}', remoteHost(server.url));
    case 'image':
    case 'poci':
      return networkReach(server);
    case 'builtIn':
      return vscode.l10n.t('built in');
  }
}

function networkReach(server: ImageServer | PociServer): string {
  const network = shownNetwork(server);
  switch (network.kind) {
    case 'none':
      return vscode.l10n.t('no network');
    case 'declared': {
      const [first] = network.hosts;
      return network.hosts.length === 1 && first !== undefined
        ? vscode.l10n.t('only {0}', first.host)
        : network.hosts.length === 0
          ? server.secrets.length === 0
            ? vscode.l10n.t('no network')
            : vscode.l10n.t('only hosts of its settings')
          : vscode.l10n.t('only {0} hosts', network.hosts.length);
    }
    case 'learn':
      return vscode.l10n.t('open network, learns its hosts');
    case 'open':
      return vscode.l10n.t('open network');
  }
}

/** What is done with a server, in one sentence. */
export function purposeOf(server: ProfileServer): string {
  switch (server.kind) {
    case 'native':
      return vscode.l10n.t(
        'runs {0} as you, outside any container, with access to all your files',
        commandLine([server.command, ...server.args]),
      );
    case 'remote':
      return vscode.l10n.t('sends what its tools are given to {0}', remoteHost(server.url));
    case 'image':
      return vscode.l10n.t('runs {0} in a container', commandLine([server.image, ...server.command]));
    case 'poci':
      return vscode.l10n.t('runs a container for each call of a tool');
    case 'builtIn':
      return vscode.l10n.t('ships with Wharf; reads no file and opens no socket');
  }
}

/** Who shares one running copy; undefined where nobody does. */
export function sharingOf(server: ProfileServer): string | undefined {
  switch (server.share) {
    case 'user':
      return vscode.l10n.t('shared by all your threads');
    case 'workspace':
      return vscode.l10n.t('shared by all threads of a project folder');
    case 'session':
      return undefined;
  }
}

export function stateOf(report: ServerReport | undefined): string {
  const words = {
    stopped: vscode.l10n.t('stopped'),
    starting: vscode.l10n.t('starting'),
    ready: vscode.l10n.t('running'),
    paused: vscode.l10n.t('paused'),
    stopping: vscode.l10n.t('stopping'),
    failed: vscode.l10n.t('failed'),
  };
  const state = report?.state ?? { kind: 'stopped' };
  return state.kind === 'starting' && state.step !== undefined ? `${words.starting}: ${state.step}` : words[state.kind];
}

/** The grey text after a server's name: its state when that is worth a word, what it waits for, its tools, what it may reach. */
export function serverDescription(server: ProfileServer, report: ServerReport | undefined, allowed: boolean, marks: ServerMarks): string {
  const state = report === undefined || report.state.kind === 'stopped' ? [] : [stateOf(report)];
  const failed = report?.state.kind === 'failed' && report.tools === null;
  const waits = allowed ? markWords(marks) : [];
  const isKnown = (report?.tools ?? null) !== null;
  const tools = allowed && !failed && (isKnown || waits.length === 0) ? [toolCount(report?.tools)] : [];
  return [...state, ...waits, ...tools, reachOf(server)].join(' · ');
}

/** Grey text after a profile's id. `several` is whether more than one folder is open. */
export function profileDescription(entry: ProfileEntry, several: boolean): string {
  const { file, folder } = entry;
  const own = file.isPulled ? vscode.l10n.t('from a registry') : vscode.l10n.t('yours');
  const scope = file.scope === 'user' ? own : several && folder !== null ? folder.name : vscode.l10n.t('project');
  if (!file.profile.ok) {
    return vscode.l10n.t('{0} · cannot be read', scope);
  }
  const words = [scope];
  if (entry.shadowed) {
    words.push(vscode.l10n.t('hidden by yours'));
  }
  if (!file.allowed) {
    words.push(file.scope === 'user' && !file.isPulled ? vscode.l10n.t('catalogue changed') : vscode.l10n.t('not allowed yet'));
  } else if (file.changedImages.length > 0) {
    words.push(
      file.changedImages.length === 1 ? vscode.l10n.t('1 image changed') : vscode.l10n.t('{0} images changed', file.changedImages.length),
    );
  }
  return words.join(' · ');
}

export function toolTooltip(tool: ToolSummary): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**');
  appendPlain(text, tool.title ?? tool.name);
  text.appendMarkdown('**\n\n');
  if (tool.description !== undefined) {
    appendPlain(text, tool.description);
    text.appendMarkdown('\n\n');
  }
  text.appendMarkdown('_');
  appendPlain(text, readOnlyText(tool));
  text.appendMarkdown('_');
  return text;
}

export function readOnlyText(tool: ToolSummary): string {
  if (tool.readOnly === null) {
    return vscode.l10n.t('The server does not say whether it only reads.');
  }
  return tool.readOnly ? vscode.l10n.t('The server says that it only reads.') : vscode.l10n.t('It may change something.');
}
