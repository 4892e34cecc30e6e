import type { Contact } from '../../core/network/contact.ts';

/** What a server makes the proxy say must not keep the gateway busy. */
const mostPerSecond = 50;
const mostWaitingBytes = 64 * 1024;
const mostKnownNames = 1_000;

/** Lines of JSON on stdout, for the gateway. What is too much is left out and counted. */
export class Reports {
  private readonly known = new Set<string>();
  private left = mostPerSecond;
  private skipped = 0;

  constructor() {
    setInterval(() => {
      this.left = mostPerSecond;
      if (this.skipped > 0) {
        this.say({ kind: 'skipped', count: this.skipped });
        this.skipped = 0;
      }
    }, 1_000).unref();
  }

  contact(contact: Contact): void {
    if (this.left === 0 || process.stdout.writableLength > mostWaitingBytes) {
      this.skipped++;
    } else {
      this.left--;
      this.say({ kind: 'contact', ...contact });
    }
  }

  /** A name that is asked for again and again is told once. */
  name(host: string, isAllowed: boolean): void {
    if (!this.known.has(host) && this.known.size < mostKnownNames) {
      this.known.add(host);
      this.contact({ host, port: null, outcome: isAllowed ? 'asked' : 'notAllowed', sent: 0, received: 0 });
    }
  }

  say(line: object): void {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
