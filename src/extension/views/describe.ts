import * as vscode from 'vscode';

import { defaultLimits } from '../../core/container/spec.ts';
import { commandLine, quoted } from '../../core/profile/commandLine.ts';
import { networkWords, outputWords, relaxedWords, secretWords } from '../../core/profile/grantWords.ts';
import type { BuiltInServer, NetworkWish, ProfileServer } from '../../core/profile/profile.ts';
import { remoteHost } from '../../core/profile/remoteAddress.ts';
import type { ServerReport, ToolSummary } from '../../shared/servers.ts';
import type { ProfileEntry } from '../profiles.ts';

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
      return networkReach(server.network);
    case 'builtIn':
      return vscode.l10n.t('built in');
  }
}

function networkReach(network: NetworkWish): string {
  switch (network.kind) {
    case 'none':
      return vscode.l10n.t('no network');
    case 'declared':
      return vscode.l10n.t('only its hosts');
    case 'learn':
      return vscode.l10n.t('learns its hosts');
    case 'open':
      return vscode.l10n.t('open network');
  }
}

/** What a server gets beyond the strictest settings, each in a few words. */
function granted(server: Exclude<ProfileServer, BuiltInServer>): readonly string[] {
  const relaxed = server.kind === 'image' ? relaxedWords(server.isolation) : [];
  const network = server.kind === 'image' && server.network.kind !== 'none' ? [`network: ${networkWords(server.network)}`] : [];
  return [...variables(server), ...secretWords(server.secrets), ...network, ...relaxed, ...outputWords(server.output)];
}

/** Variables and headers as the profile writes them: they may bend what a program does, or name where a secret goes. */
function variables(server: Exclude<ProfileServer, BuiltInServer>): readonly string[] {
  if (server.kind === 'remote') {
    const headers = Object.keys(server.headers);
    return [
      vscode.l10n.t('address: {0}', server.url),
      ...(headers.length === 0 ? [] : [vscode.l10n.t('headers: {0}', headers.join(', '))]),
    ];
  }
  const pairs = Object.entries(server.env).map(([name, value]) => `${name}=${quoted(value)}`);
  return pairs.length === 0 ? [] : [vscode.l10n.t('environment: {0}', pairs.join(' '))];
}

/** What a person allows with a server: what is done with it, in one sentence. */
export function grantOf(server: ProfileServer): string {
  switch (server.kind) {
    case 'native': {
      const command = commandLine([server.command, ...server.args]);
      const words = vscode.l10n.t('runs {0} as you, outside any container, with access to all your files', command);
      return [words, ...granted(server)].join('; ');
    }
    case 'remote':
      return [vscode.l10n.t('sends what its tools are given to {0}', remoteHost(server.url)), ...granted(server)].join('; ');
    case 'image':
      return [vscode.l10n.t('runs {0} in a container', commandLine([server.image, ...server.command])), ...granted(server)].join('; ');
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

/** The grey text after a server's name: its state when that is worth a word, its tools, what it may reach. */
export function serverDescription(server: ProfileServer, report: ServerReport | undefined, allowed: boolean): string {
  const state = report === undefined || report.state.kind === 'stopped' ? [] : [stateOf(report)];
  const failed = report?.state.kind === 'failed' && report.tools === null;
  const tools = allowed && !failed ? [toolCount(report?.tools)] : [];
  return [...state, ...tools, reachOf(server)].join(' · ');
}

export function serverTooltip(server: ProfileServer, report: ServerReport | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**');
  appendPlain(text, server.name);
  text.appendMarkdown(`** — ${stateOf(report)}\n\n`);
  appendServer(text, server);
  const sharing = sharingOf(server);
  if (sharing !== undefined) {
    line(text, vscode.l10n.t('Running copy'), sharing);
  }
  if (report?.state.kind === 'failed') {
    const { problem } = report.state;
    text.appendMarkdown('\n\n---\n\n');
    appendPlain(text, `${problem.message} ${problem.next}`);
    if (problem.detail !== undefined) {
      text.appendCodeblock(problem.detail);
    }
  }
  return text;
}

function appendServer(text: vscode.MarkdownString, server: ProfileServer): void {
  switch (server.kind) {
    case 'native':
      text.appendMarkdown('**');
      appendPlain(text, vscode.l10n.t('Runs as you, outside any container, with access to all your files.'));
      text.appendMarkdown('**\n\n');
      line(text, vscode.l10n.t('Command'), commandLine([server.command, ...server.args]));
      line(text, vscode.l10n.t('Folder'), server.cwd ?? vscode.l10n.t('your home'));
      return;
    case 'remote':
      appendPlain(text, vscode.l10n.t('What its tools are given is sent to {0}.', remoteHost(server.url)));
      text.appendMarkdown('\n\n');
      line(text, vscode.l10n.t('Address'), server.url);
      secretWords(server.secrets).forEach((words) => line(text, vscode.l10n.t('Granted'), words));
      return;
    case 'image': {
      const { cpus = defaultLimits.cpus, memory = defaultLimits.memory } = server.limits;
      line(text, vscode.l10n.t('Image'), server.image);
      line(
        text,
        vscode.l10n.t('Network'),
        server.network.kind === 'open' ? vscode.l10n.t('open: it reaches every host') : networkWords(server.network),
      );
      line(text, vscode.l10n.t('Limits'), vscode.l10n.t('{0} CPU, {1} memory, {2} processes', cpus, gigabytes(memory), defaultLimits.pids));
      if (server.isolation.mounts.length === 0 && !server.isolation.writable) {
        line(text, vscode.l10n.t('Files'), vscode.l10n.t('none of this computer; read-only root'));
      }
      for (const words of [...secretWords(server.secrets), ...relaxedWords(server.isolation), ...outputWords(server.output)]) {
        line(text, vscode.l10n.t('Granted'), words);
      }
      return;
    }
    case 'builtIn':
      appendPlain(text, vscode.l10n.t('Ships with Wharf. Runs as a child process, reads no file and opens no socket.'));
      text.appendMarkdown('\n\n');
  }
}

/** Grey text after a profile's id. `several` is whether more than one folder is open. */
export function profileDescription(entry: ProfileEntry, several: boolean): string {
  const { file, folder } = entry;
  const scope = file.scope === 'user' ? vscode.l10n.t('yours') : several && folder !== null ? folder.name : vscode.l10n.t('project');
  if (!file.profile.ok) {
    return vscode.l10n.t('{0} · cannot be read', scope);
  }
  const words = [scope];
  if (entry.shadowed) {
    words.push(vscode.l10n.t('hidden by yours'));
  }
  if (!file.allowed) {
    words.push(vscode.l10n.t('not allowed yet'));
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

function line(text: vscode.MarkdownString, name: string, value: string): void {
  appendPlain(text, `${name}: `);
  text.appendMarkdown('`');
  text.appendMarkdown(value.replaceAll('`', "'").replaceAll(/\s+/g, ' '));
  text.appendMarkdown('`  \n');
}

function gigabytes(bytes: number): string {
  const gigabyte = 1024 ** 3;
  return bytes >= gigabyte ? `${Number((bytes / gigabyte).toFixed(1))} GB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}

/** VS Code's appendText makes every space unbreakable, so that long sentences break inside words. */
function appendPlain(text: vscode.MarkdownString, value: string): void {
  text.appendMarkdown(value.replaceAll(/[\\`*_{}[\]()#+=\-.!~<>|&]/g, '\\$&'));
}
