import { unknownChoices } from '../core/tools/toolChoice.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import type { ServerReport } from '../shared/servers.ts';
import { describeError } from './describeError.ts';
import type { Surroundings } from './instances/instance.ts';

interface Choice extends Surroundings {
  /** That of `--tools`. */
  readonly tools: readonly string[] | undefined;
}

/** So many choices are looked at again when a server says what it has. */
const mostOpen = 50;
const mostSaid = 1_000;

/** Problems of the names that choose no tool. */
export function choiceProblems(
  { profile, tools }: Pick<Choice, 'profile' | 'tools'>,
  reports: readonly Pick<ServerReport, 'name' | 'tools'>[],
): readonly Problem[] {
  const servers = profile.servers.map((server) => ({
    server: server.name,
    chosen: server.tools,
    tools: reports.find(({ name }) => name === server.name)?.tools?.map(({ name }) => name) ?? null,
  }));
  return unknownChoices(servers, tools);
}

/**
 * Says once which names of "tools" and `--tools` no server has, as soon as it is known what the servers have, and what in their
 * lists may be meant to lead a model astray.
 */
export class ToolWarnings {
  private readonly reports: (where: Surroundings) => Promise<readonly ServerReport[]>;
  private readonly warn: (line: string) => void;
  private readonly open = new Map<string, Choice>();
  private readonly said = new Set<string>();
  private looking: 'no' | 'yes' | 'again' = 'no';

  constructor(reports: (where: Surroundings) => Promise<readonly ServerReport[]>, warn: (line: string) => void) {
    this.reports = reports;
    this.warn = warn;
  }

  /** A client came that chooses so. */
  add({ profile, workspace }: Surroundings, tools: readonly string[] | undefined): void {
    const key = JSON.stringify([profile.origin.path, workspace, profile.servers.map((server) => [server.name, server.tools]), tools]);
    const [oldest] = this.open.keys();
    if (this.open.size >= mostOpen && oldest !== undefined) {
      this.open.delete(oldest);
    }
    this.open.delete(key);
    this.open.set(key, { profile, workspace, tools });
    this.look();
  }

  /** More may be known now. */
  look(): void {
    // A server may change its lists all the time.
    if (this.looking !== 'no') {
      this.looking = 'again';
      return;
    }
    this.looking = 'yes';
    this.lookAtAll()
      .catch((error: unknown) => this.warn(describeError(error)))
      .finally(() => {
        const isWanted = this.looking === 'again';
        this.looking = 'no';
        if (isWanted) {
          this.look();
        }
      });
  }

  private async lookAtAll(): Promise<void> {
    for (const choice of Array.from(this.open.values())) {
      const reports = await this.reports(choice);
      for (const problem of [...choiceProblems(choice, reports), ...reports.flatMap(({ warnings }) => warnings ?? [])]) {
        this.say(`The profile "${choice.profile.id}": ${describeProblem(problem)}`);
      }
    }
  }

  private say(line: string): void {
    if (!this.said.has(line) && this.said.size < mostSaid) {
      this.said.add(line);
      this.warn(line);
    }
  }
}
