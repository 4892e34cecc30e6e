/** A call that its client may still cancel. */
export class RunningCall {
  readonly cancelled: Promise<'cancelled'>;
  /** Set once the server has the call. */
  onCancel: (reason: unknown) => void = () => undefined;
  private markCancelled: () => void = () => undefined;
  private marked = false;

  constructor() {
    this.cancelled = new Promise((resolve) => (this.markCancelled = () => resolve('cancelled')));
  }

  get isCancelled(): boolean {
    return this.marked;
  }

  cancel(reason: unknown): void {
    this.marked = true;
    this.onCancel(reason);
    this.markCancelled();
  }
}
