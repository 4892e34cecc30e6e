import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { Command } from './command.ts';

export const refreshProfilesCommand: Command<null> = {
  id: commands.refreshProfiles,
  needsTrust: true,
  run: (services) => {
    services.profiles.renew();
    services.profiles.refresh();
    return Promise.resolve(ok(null));
  },
};
