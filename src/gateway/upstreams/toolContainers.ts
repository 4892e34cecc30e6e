import { fillCallTemplate } from '../../core/catalog/template.ts';
import { callMounts } from '../../core/container/callMounts.ts';
import type { Places } from '../../core/container/places.ts';
import type { ServerProcess } from '../../core/ports.ts';
import { toolServerName } from '../../core/profile/grants.ts';
import type { ImageServer, PociServer, ToolContainer } from '../../core/profile/profile.ts';

export type CallArguments = Readonly<Record<string, unknown>>;

/** What a call comes to: a container to run, or a sentence that the model gets. */
export type CallContainer = { readonly server: ImageServer } | { readonly refusal: string };

/** What one call of a tool starts, as a server of its own that lives as long as the call. */
export function containerOfCall(server: PociServer, container: ToolContainer, args: CallArguments, places: Places): CallContainer {
  const filled = (texts: readonly string[]): readonly string[] => texts.flatMap((text) => fillCallTemplate(text, args));
  const { tools: _tools, toolContainers: _containers, promisedTools: _promised, ...rest } = server;
  const command = filled(container.command);
  if (command.some((word) => word.includes('\0'))) {
    return { refusal: 'An argument holds a NUL character, which no program can be given.' };
  }
  const asked = callMounts(
    filled(container.volumes).filter((volume) => !volume.startsWith(':')),
    server.isolation.mounts,
    places,
  );
  if ('why' in asked) {
    return { refusal: `The tool "${container.tool}" was not run: ${asked.why}.` };
  }
  return {
    server: {
      ...rest,
      kind: 'image',
      name: toolServerName(server.name, container.tool),
      image: container.image,
      command,
      catalogEnv: [],
      tools: null,
      promisedTools: [],
      // A folder that is granted and not asked for by the call is not mounted.
      isolation: { ...server.isolation, mounts: asked.mounts, user: container.user },
    },
  };
}

const mostOutput = 8 * 1024 ** 2;
const mostErrors = 16 * 1024;

export interface Output {
  readonly text: string;
  readonly isError: boolean;
}

/** Waits for a container to end. Its standard output is the result; one that says too much is stopped. */
export async function outputOf(process: ServerProcess): Promise<Output> {
  const said: Uint8Array[] = [];
  let bytes = 0;
  let errors = Buffer.alloc(0);
  process.onStdout((chunk) => {
    bytes += chunk.length;
    if (bytes <= mostOutput) {
      said.push(chunk);
    } else {
      void process.stop();
    }
  });
  process.onStderr((chunk) => (errors = Buffer.concat([errors, chunk]).subarray(-mostErrors)));
  process.endInput();
  const exit = await process.exited;
  const text = Buffer.concat(said).toString('utf8');
  if (bytes > mostOutput) {
    return { text: `It was stopped, as it printed more than ${mostOutput / 1024 ** 2} MB.`, isError: true };
  }
  if (exit.code === 0) {
    return { text, isError: false };
  }
  const why = exit.why ?? (exit.code === null ? 'It was stopped.' : `It ended with code ${exit.code}.`);
  return { text: [text, errors.toString('utf8'), why].filter((part) => part !== '').join('\n'), isError: true };
}
