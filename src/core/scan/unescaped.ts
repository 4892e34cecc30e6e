import { mapBack, unescapeInto, type Mapped } from './unescape.ts';

/** Memory for unescaped text that is kept for the next message. */
const mostKept = 1024 * 1024;
const leastRoom = 4_096;
const nothing = new Uint8Array(0);

/** A text, and what its escapes stand for, and what the escapes in that stand for. */
export class Unescaped {
  /** The layer that was made last; `length` bytes of it count. */
  bytes: Uint8Array = nothing;
  length = 0;
  private readonly below: { readonly bytes: Uint8Array; readonly length: number }[] = [];
  private readonly rooms: Uint8Array[] = [];

  /** Begins with the text itself. */
  begin(bytes: Uint8Array): void {
    this.below.length = 0;
    this.bytes = bytes;
    this.length = bytes.length;
  }

  next(): void {
    const layer = this.below.length;
    let room = this.rooms[layer];
    if (room === undefined || room.length < this.length) {
      room = new Uint8Array(Math.max(leastRoom, this.length));
      this.rooms[layer] = room;
    }
    this.below.push({ bytes: this.bytes, length: this.length });
    this.length = unescapeInto(this.bytes, this.length, room);
    this.bytes = room;
  }

  /** Changes places in the last layer into places in the text itself. */
  mapBack(places: readonly Mapped[]): void {
    for (const { bytes, length } of this.below.toReversed()) {
      mapBack(bytes, length, places);
    }
  }

  /** Lets go of the text, and of much memory. */
  finish(): void {
    this.begin(nothing);
    this.rooms.forEach((room, layer) => {
      if (room.length > mostKept) {
        this.rooms[layer] = nothing;
      }
    });
  }
}
