import type { ClientSession } from '../clientLink.ts';

type State =
  | { readonly kind: 'opening'; readonly waiting: Buffer[] }
  | { readonly kind: 'open'; readonly session: ClientSession }
  | { readonly kind: 'closed' };

/** A session that is opened meanwhile: what is said to it before waits for it. */
export class LateSession {
  private readonly opened: Promise<void>;
  private readonly onFailure: (error: unknown) => void;
  private state: State = { kind: 'opening', waiting: [] };

  /** `onFailure` hears that there is no session, or none any more. */
  constructor(opening: Promise<ClientSession>, onFailure: (error: unknown) => void) {
    this.onFailure = onFailure;
    this.opened = opening.then((session) => this.begin(session)).catch((error: unknown) => this.failed(error));
  }

  /** Never throws: a bug in a session costs that session. */
  receive(message: Buffer): void {
    if (this.state.kind === 'open') {
      try {
        this.state.session.receive(message);
      } catch (error) {
        void this.failed(error);
      }
    } else if (this.state.kind === 'opening') {
      this.state.waiting.push(message);
    }
  }

  drained(): void {
    if (this.state.kind === 'open') {
      this.state.session.drained();
    }
  }

  async close(): Promise<void> {
    const { state } = this;
    this.state = { kind: 'closed' };
    if (state.kind === 'open') {
      await state.session.close();
    } else {
      await this.opened;
    }
  }

  private async begin(session: ClientSession): Promise<void> {
    if (this.state.kind !== 'opening') {
      await session.close();
      return;
    }
    const { waiting } = this.state;
    this.state = { kind: 'open', session };
    waiting.forEach((message) => this.receive(message));
  }

  private async failed(reason: unknown): Promise<void> {
    const { state } = this;
    if (state.kind === 'closed') {
      return;
    }
    this.state = { kind: 'closed' };
    this.onFailure(reason);
    if (state.kind === 'open') {
      try {
        await state.session.close();
      } catch (error) {
        this.onFailure(error);
      }
    }
  }
}
