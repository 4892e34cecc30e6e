import * as vscode from 'vscode';

import type { Result } from '../../shared/result.ts';
import type { CommandId } from '../contributions.ts';
import type { GatewayClient } from '../gatewayClient.ts';
import type { Home } from '../home.ts';
import type { Messages } from '../messages.ts';
import type { Profiles } from '../profiles.ts';
import { explainMissingTrust, isTrusted } from '../trust.ts';

/** What commands work with. */
export interface Services {
  readonly home: Home;
  readonly gateway: GatewayClient;
  readonly profiles: Profiles;
  readonly messages: Messages;
  readonly log: vscode.LogOutputChannel;
}

export interface Command<T> {
  readonly id: CommandId;
  /** Whether it needs a trusted workspace: everything that starts a server, grants or writes does. */
  readonly needsTrust: boolean;
  /** `argument` is a row of the view, or what a program passed. The value is given back to a caller of the command. */
  run(services: Services, argument: unknown): Promise<Result<T>>;
}

/** Registers a command so that every failure is logged and shown. A command that failed gives undefined. */
export function register<T>(services: Services, command: Command<T>): vscode.Disposable {
  const { messages, log } = services;
  return vscode.commands.registerCommand(command.id, async (argument: unknown): Promise<T | undefined> => {
    if (command.needsTrust && !isTrusted()) {
      explainMissingTrust(messages);
      return undefined;
    }
    log.debug(`Command ${command.id}`);
    try {
      const result = await command.run(services, argument);
      if (result.ok) {
        return result.value;
      }
      messages.problem(result.problem);
    } catch (error) {
      messages.bug(vscode.l10n.t('Wharf failed and this is a fault of Wharf.'), error);
    }
    return undefined;
  });
}
