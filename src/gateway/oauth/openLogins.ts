import { randomBytes } from 'node:crypto';

import * as problems from '../../core/problems.ts';
import type { LoginSummary } from '../../shared/controlProtocol.ts';
import { fail, type Result } from '../../shared/result.ts';

const mostOpen = 16;
/** An outcome that nobody asked for is kept this long. */
const keptMs = 60_000;

interface Open {
  readonly outcome: Promise<Result<LoginSummary>>;
  cancel(): void;
}

/** The logins that wait for their person, by ids that nobody guesses. */
export class OpenLogins {
  private readonly open = new Map<string, Open>();

  add(login: Open): string {
    const id = randomBytes(12).toString('hex');
    const [oldest] = this.open.keys();
    if (this.open.size >= mostOpen && oldest !== undefined) {
      this.cancel(oldest);
    }
    this.open.set(id, login);
    void login.outcome.then(() => setTimeout(() => this.open.delete(id), keptMs).unref());
    return id;
  }

  wait(id: string): Promise<Result<LoginSummary>> {
    return this.open.get(id)?.outcome ?? Promise.resolve(fail(problems.loginOver()));
  }

  cancel(id: string): void {
    this.open.get(id)?.cancel();
    this.open.delete(id);
  }

  close(): void {
    this.open.forEach((login) => login.cancel());
    this.open.clear();
  }
}
