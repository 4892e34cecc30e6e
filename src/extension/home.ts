import { join } from 'node:path';

import * as problems from '../core/problems.ts';
import type { WharfProgram } from '../node/daemonProcess.ts';
import { installLauncher, launcherPath, launcherText } from '../node/launcher.ts';
import { findLocations, type Locations } from '../node/locations.ts';
import { readTextFile } from '../node/textFile.ts';
import { fail, ok, type Result } from '../shared/result.ts';

/** Where this user's Wharf is, and how its program is run. Nothing is looked up before it is asked for. */
export class Home {
  /** Under Electron `node` is VS Code itself; whoever starts it sets ELECTRON_RUN_AS_NODE. */
  readonly program: WharfProgram;

  constructor(extensionPath: string) {
    this.program = { node: process.execPath, script: join(extensionPath, 'dist', 'wharf.cjs') };
  }

  /** Read anew each time: another program of this user may have learnt where Docker is. */
  locations(): Result<Locations> {
    try {
      return ok(findLocations({ mayRecord: true }));
    } catch (error) {
      return fail(problems.fileUnwritable('location.json', error instanceof Error ? error.message : String(error)));
    }
  }

  /** The launcher that Codex runs, written anew. Returns its path. */
  async installLauncher(): Promise<Result<string>> {
    const locations = this.locations();
    return locations.ok ? await installLauncher(locations.value, this.program) : locations;
  }

  /** An update of the extension moves its folder: a launcher that is already in use is made to follow. */
  async refreshLauncher(): Promise<Result<'absent' | 'current' | 'written'>> {
    const locations = this.locations();
    if (!locations.ok) {
      return locations;
    }
    const file = await readTextFile(launcherPath(locations.value));
    if (!file.ok) {
      return file;
    }
    if (file.value.hash === null) {
      return ok('absent');
    }
    if (file.value.text === launcherText(this.program, process.platform)) {
      return ok('current');
    }
    const written = await installLauncher(locations.value, this.program);
    return written.ok ? ok('written') : written;
  }
}
