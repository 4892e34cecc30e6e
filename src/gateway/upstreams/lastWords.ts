/** The end of all that something said. It is cut only now and then, as each cut copies what is kept: a server may say millions of things. */
export class LastWords {
  private readonly most: number;
  private said = '';
  private isInLine = false;

  /** Keeps so many characters. */
  constructor(most: number) {
    this.most = most;
  }

  get text(): string {
    return this.said.slice(-this.most);
  }

  add(text: string): void {
    this.said += text;
    this.isInLine = !text.endsWith('\n');
    if (this.said.length > 4 * this.most) {
      this.said = this.text;
    }
  }

  /** The same on a line of its own. */
  addLine(text: string): void {
    this.add(this.isInLine ? `\n${text}` : text);
  }
}
