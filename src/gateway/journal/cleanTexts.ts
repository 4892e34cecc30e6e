const mostTexts = 2_000;
const longestKept = 1_000;

/** Remembers what became of short texts: names of clients, servers and tools are the same thousands of times. */
export class CleanTexts {
  private readonly known = new Map<string, string>();
  private readonly clean: (text: string) => string;
  private readonly version: () => number;
  private knownVersion = 0;

  /** What `clean` makes of a text is the same as long as `version` gives the same number. */
  constructor(clean: (text: string) => string, version: () => number) {
    this.clean = clean;
    this.version = version;
  }

  of(text: string): string {
    if (this.knownVersion !== this.version() || this.known.size >= mostTexts) {
      this.known.clear();
      this.knownVersion = this.version();
    }
    let cleaned = this.known.get(text);
    if (cleaned === undefined) {
      cleaned = this.clean(text);
      if (text.length <= longestKept) {
        this.known.set(text, cleaned);
      }
    }
    return cleaned;
  }
}
