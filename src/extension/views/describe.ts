import * as vscode from 'vscode';

import { defaultLimits } from '../../core/container/spec.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import type { ServerReport, ToolSummary } from '../../shared/servers.ts';
import type { ProfileEntry } from '../profiles.ts';

/** How many tools, for people; null is "not asked yet". */
export function toolCount(tools: readonly ToolSummary[] | null | undefined): string {
  if (tools === null || tools === undefined) {
    return vscode.l10n.t('tools not known yet');
  }
  return tools.length === 1 ? vscode.l10n.t('1 tool') : vscode.l10n.t('{0} tools', tools.length);
}

export function networkOf(server: ProfileServer): string {
  if (server.kind === 'builtIn') {
    return vscode.l10n.t('built in');
  }
  return server.network === 'none' ? vscode.l10n.t('no network') : vscode.l10n.t('open network');
}

export function stateOf(report: ServerReport | undefined): string {
  const words = {
    stopped: vscode.l10n.t('stopped'),
    starting: vscode.l10n.t('starting'),
    ready: vscode.l10n.t('running'),
    stopping: vscode.l10n.t('stopping'),
    failed: vscode.l10n.t('failed'),
  };
  return words[report?.state.kind ?? 'stopped'];
}

/** The grey text after a server's name: its state when that is worth a word, its tools, its network. */
export function serverDescription(server: ProfileServer, report: ServerReport | undefined, allowed: boolean): string {
  const state = report === undefined || report.state.kind === 'stopped' ? [] : [stateOf(report)];
  const failed = report?.state.kind === 'failed' && report.tools === null;
  const tools = allowed && !failed ? [toolCount(report?.tools)] : [];
  return [...state, ...tools, networkOf(server)].join(' · ');
}

export function serverTooltip(server: ProfileServer, report: ServerReport | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**');
  appendPlain(text, server.name);
  text.appendMarkdown(`** — ${stateOf(report)}\n\n`);
  if (server.kind === 'builtIn') {
    appendPlain(text, vscode.l10n.t('Ships with Wharf. Runs as a child process, reads no file and opens no socket.'));
  } else {
    const { cpus = defaultLimits.cpus, memory = defaultLimits.memory } = server.limits;
    line(text, vscode.l10n.t('Image'), server.image);
    line(text, vscode.l10n.t('Network'), server.network === 'none' ? vscode.l10n.t('none') : vscode.l10n.t('open: it reaches every host'));
    line(text, vscode.l10n.t('Limits'), vscode.l10n.t('{0} CPU, {1} memory, {2} processes', cpus, gigabytes(memory), defaultLimits.pids));
    line(text, vscode.l10n.t('Files'), vscode.l10n.t('none of this computer; read-only root'));
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
