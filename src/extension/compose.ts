import * as vscode from 'vscode';

import { describeProblem } from '../shared/problem.ts';
import { version } from '../shared/version.ts';
import { allowProfileCommand } from './commands/allowProfile.ts';
import { register, type Services } from './commands/command.ts';
import { connectCodexCommand } from './commands/connectCodex.ts';
import { copySupportReportCommand } from './commands/copySupportReport.ts';
import { createProfileCommand } from './commands/createProfile.ts';
import { discoverToolsCommand } from './commands/discoverTools.ts';
import { lockVaultCommand } from './commands/lockVault.ts';
import { openInspectorCommand } from './commands/openInspector.ts';
import { openProfileCommand } from './commands/openProfile.ts';
import { pinHostsCommand } from './commands/pinHosts.ts';
import { refreshProfilesCommand } from './commands/refreshProfiles.ts';
import { relaxServerCommand } from './commands/relaxServer.ts';
import { setSecretCommand } from './commands/setSecret.ts';
import { showLogCommand } from './commands/showLog.ts';
import { signInCommand } from './commands/signIn.ts';
import { unlockVaultCommand } from './commands/unlockVault.ts';
import { webviewPanels } from './contributions.ts';
import { GatewayClient, type GatewayState } from './gatewayClient.ts';
import { Home } from './home.ts';
import { Language } from './language.ts';
import type { Messages } from './messages.ts';
import { InspectorPanel } from './panels/inspectorPanel.ts';
import { Profiles } from './profiles.ts';
import { ProfilesTree } from './views/profilesTree.ts';

/** What `activate` returns: for tests and for other extensions. */
export interface WharfApi {
  readonly version: string;
  readonly gateway: { readonly state: GatewayState['kind']; readonly onDidChange: vscode.Event<GatewayState['kind']> };
  readonly language: { readonly ready: Promise<void> };
}

/** Builds the extension from the bottom up. Nothing here reads, connects or starts anything. */
export function compose(context: vscode.ExtensionContext, log: vscode.LogOutputChannel, messages: Messages): WharfApi {
  const home = new Home(context.extensionPath);
  const gateway = new GatewayClient(home, log);
  const profiles = new Profiles(home, gateway);
  const inspector = new InspectorPanel(context.extensionUri, gateway, messages);
  const language = new Language(context.extensionPath, log, messages);
  const tree = new ProfilesTree(profiles, gateway, messages);
  const services: Services = { home, gateway, profiles, messages, log };
  const kindChanged = new vscode.EventEmitter<GatewayState['kind']>();

  context.subscriptions.push(
    kindChanged,
    gateway.onDidChangeState((state) => kindChanged.fire(state.kind)),
    refreshLauncherOnce(home, gateway, log),
    register(services, allowProfileCommand),
    register(services, connectCodexCommand),
    register(services, copySupportReportCommand),
    register(services, createProfileCommand),
    register(services, discoverToolsCommand),
    register(services, lockVaultCommand),
    register(services, openInspectorCommand(inspector)),
    register(services, openProfileCommand),
    register(services, pinHostsCommand),
    register(services, refreshProfilesCommand),
    register(services, relaxServerCommand),
    register(services, setSecretCommand),
    register(services, showLogCommand),
    register(services, signInCommand),
    register(services, unlockVaultCommand),
    vscode.window.registerWebviewPanelSerializer(webviewPanels.inspector, inspector),
    tree,
    inspector,
    language,
    profiles,
    gateway,
  );
  return {
    version,
    gateway: {
      get state() {
        return gateway.state.kind;
      },
      onDidChange: kindChanged.event,
    },
    language: { ready: language.ready },
  };
}

/** With the first use of the gateway, a launcher from an older version is made to point here. */
function refreshLauncherOnce(home: Home, gateway: GatewayClient, log: vscode.LogOutputChannel): vscode.Disposable {
  const subscription = gateway.onDidChangeState(() => {
    subscription.dispose();
    void home.refreshLauncher().then((result) => log.debug(`Launcher: ${result.ok ? result.value : describeProblem(result.problem)}`));
  });
  return subscription;
}
