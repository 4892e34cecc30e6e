import { ok } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { InspectorPanel } from '../panels/inspectorPanel.ts';
import type { Command } from './command.ts';

export function openInspectorCommand(inspector: InspectorPanel): Command<null> {
  return {
    id: commands.openInspector,
    needsTrust: false,
    run: () => {
      inspector.open();
      return Promise.resolve(ok(null));
    },
  };
}
