import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { Command } from './command.ts';

export const showLogCommand: Command<null> = {
  id: commands.showLog,
  needsTrust: false,
  run: (services) => {
    services.log.show();
    return Promise.resolve(ok(null));
  },
};
