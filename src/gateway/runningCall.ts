/** A call that its client may still cancel. */
export class RunningCall {
  readonly cancelled: Promise<'cancelled'>;
  /** Set once the server has the call. */
  onCancel: (reason: unknown) => void = () => undefined;
  private markCancelled: () => void = () => undefined;

  constructor() {
    this.cancelled = new Promise((resolve) => (this.markCancelled = () => resolve('cancelled')));
  }

  cancel(reason: unknown): void {
    this.onCancel(reason);
    this.markCancelled();
  }
}
