/** What a run started and has to stop, last first, however it ends. */
export class Cleanup {
  private readonly steps: (() => Promise<unknown> | void)[] = [];

  add(step: () => Promise<unknown> | void): void {
    this.steps.push(step);
  }

  /** A part that may be run before the rest, and is run with it otherwise. */
  part(): Cleanup {
    const part = new Cleanup();
    this.add(() => part.run());
    return part;
  }

  /** Every step is tried; the first error is thrown at the end. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw errors[0];
    }
  }
}
