import { join } from 'node:path';

import type { PolicyOwner } from '../../core/provenance/policy.ts';

export interface PolicyFile {
  readonly owner: PolicyOwner;
  readonly path: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the policy of this machine and that of its user are, in the order in which they are asked. */
export function policyFilesOf(
  configFolder: string,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): readonly PolicyFile[] {
  return [
    { owner: 'machine', path: join(machineFolder(platform, env), 'policy.yaml') },
    { owner: 'user', path: join(configFolder, 'policy.yaml') },
  ];
}

function machineFolder(platform: NodeJS.Platform, env: Environment): string {
  switch (platform) {
    case 'win32':
      return join(env['ProgramData'] || 'C:\\ProgramData', 'wharf');
    case 'darwin':
      return '/Library/Application Support/wharf';
    default:
      return '/etc/wharf';
  }
}
