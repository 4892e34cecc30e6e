import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type * as Doctor from '../doctor/doctor.ts';
import { formatOption } from '../options.ts';
import { complain } from '../output.ts';
import type { RunAction } from '../runAction.ts';

export function addDoctorCommand(program: Command, run: RunAction): void {
  program
    .command('doctor')
    .description('check step by step what tools need, and say what to mend; exit 0 all fine, 1 something is wrong, 2 could not run')
    .option('--report [file]', 'a text to attach to an issue, without secrets, names and paths of yours; "-" or nothing is stdout')
    .option('--no-project', 'leave out what lies in this folder')
    .addOption(formatOption())
    .action(
      run(async (options: Doctor.DoctorOptions) => {
        const loaded = await loadDoctor();
        return loaded.ok ? loaded.value.doctor(options) : complain(loaded.problem);
      }),
    );
}

/** A bundle of its own, with the readers of profiles and the rules of the scan. It may be what is missing. */
async function loadDoctor(): Promise<Result<typeof Doctor>> {
  try {
    return ok(await import('../doctor/doctor.ts'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
      return fail(problems.programMissing(__dirname, ['doctor.cjs']));
    }
    throw error;
  }
}
