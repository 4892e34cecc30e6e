import { join } from 'node:path';

import type { Locations } from '../../node/locations.ts';
import type { ProcessIdentity } from '../../node/machine.ts';
import { version } from '../../shared/version.ts';
import type { Instance } from '../instances/instance.ts';
import type { Scanning } from '../scan/scanning.ts';
import { CleanTexts } from './cleanTexts.ts';
import { Journal } from './journal.ts';

/** The journal of this user, which all their gateways write. */
export function openJournal(locations: Locations, process: ProcessIdentity, scanning: Scanning, log: (line: string) => void): Journal {
  const texts = new CleanTexts(
    (text) => scanning.redactText(text),
    () => scanning.version,
  );
  return new Journal({
    path: join(locations.dataFolder, 'journal', 'journal.db'),
    worker: () => join(__dirname, 'journal.cjs'),
    run: { process, version },
    clean: (text) => texts.of(text),
    log,
  });
}

/** Writes down what servers went through. */
export class ServerEvents {
  private readonly journal: Journal;
  private readonly last = new WeakMap<Instance, string>();

  constructor(journal: Journal) {
    this.journal = journal;
  }

  /** The scan found something that belongs to no call. Which profile it was is not known: servers are shared. */
  found(server: string, text: string): void {
    this.journal.event({ at: Date.now(), profile: '', server, process: null, kind: 'finding', text });
  }

  /** Its state may be the same, with another step that it tells of. */
  changed(instance: Instance, why = ''): void {
    const { state, spec } = instance;
    if (this.last.get(instance) === state.kind) {
      return;
    }
    this.last.set(instance, state.kind);
    const process = state.kind === 'ready' || state.kind === 'paused' ? state.processId : (instance.processId ?? null);
    this.journal.event({ at: Date.now(), profile: spec.profile, server: spec.server.name, process, kind: state.kind, text: why });
  }
}
