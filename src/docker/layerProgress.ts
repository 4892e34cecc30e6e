import type { PullProgress } from '../core/ports.ts';

/** One line of the engine's answer to a pull. */
export interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  done: number;
  total: number;
}

/** Adds up what the engine tells of each layer. Neither figure ever falls: a layer that is tried again counts from where it was. */
export class LayerProgress {
  private readonly layers = new Map<string, Layer>();
  private last: PullProgress = { doneBytes: 0, totalBytes: 0 };

  /** How far the download is, when the line changed it. */
  take(line: PullLine): PullProgress | undefined {
    const { id, status, progressDetail: detail } = line;
    if (id === undefined) {
      return undefined;
    }
    const layer = this.layers.get(id) ?? { done: 0, total: 0 };
    this.layers.set(id, layer);
    if (status === 'Downloading') {
      layer.done = Math.max(layer.done, detail?.current ?? 0);
      layer.total = Math.max(layer.total, detail?.total ?? 0, layer.done);
    } else if (status === 'Download complete' || status === 'Pull complete') {
      layer.done = layer.total;
    }
    const sum = { doneBytes: 0, totalBytes: 0 };
    for (const { done, total } of this.layers.values()) {
      sum.doneBytes += done;
      sum.totalBytes += total;
    }
    const isChanged = sum.doneBytes !== this.last.doneBytes || sum.totalBytes !== this.last.totalBytes;
    this.last = sum;
    return isChanged ? sum : undefined;
  }
}
