import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { at, isRecord, textOf } from '../../core/provenance/json.ts';
import type { AcceptedSigner } from '../../core/provenance/imageFacts.ts';
import type { ImageName } from '../../core/provenance/imageName.ts';
import { ensurePrivateFolder } from '../privateFolder.ts';
import type { Trust } from './trust.ts';

/** What was verified once, and by what. */
export interface Verified {
  readonly signer: AcceptedSigner;
  /** Fingerprint of the key that signed; null for a certificate. */
  readonly key: string | null;
}

/** Which image, judged by which trust: another policy, key or root is another question. */
export interface Question {
  readonly image: ImageName;
  readonly digest: string;
  readonly trust: Trust;
  /** What else the rule asks for. */
  readonly wanted: readonly string[];
}

/** Files that are kept. */
const most = 2000;
const form = 1;

/** Remembers on disk what was verified, so that a start without the network works. What cannot be written is verified again. */
export class VerifiedImages {
  private readonly folder: string;
  private readonly known = new Map<string, Verified>();

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, 'provenance');
  }

  /** Undefined when it was not verified, or by a key whose time is over by now. */
  async recall(question: Question): Promise<Verified | undefined> {
    const name = nameOf(question);
    const found = this.known.get(name) ?? (await this.read(name));
    if (found === undefined || isOver(found, question.trust)) {
      return undefined;
    }
    this.known.set(name, found);
    // The rule may stand in another line by now.
    return { ...found, signer: { ...found.signer, rule: question.trust.rule ?? found.signer.rule } };
  }

  async remember(question: Question, verified: Verified): Promise<void> {
    const name = nameOf(question);
    if (this.known.size >= most) {
      this.known.clear();
    }
    this.known.set(name, verified);
    if (!ensurePrivateFolder(this.folder).ok) {
      return;
    }
    const draft = join(this.folder, `${name}.${randomBytes(6).toString('hex')}.draft`);
    const { image, digest } = question;
    const record = { form, name, image: `${image.repository}@${digest}`, ...verified, verifiedAt: new Date().toISOString() };
    try {
      await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      await rename(draft, join(this.folder, `${name}.json`));
      await this.prune();
    } catch {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  private async read(name: string): Promise<Verified | undefined> {
    try {
      const record: unknown = JSON.parse(await readFile(join(this.folder, `${name}.json`), 'utf8'));
      const [signer, rule] = [textOf(at(record, 'signer', 'signer')), textOf(at(record, 'signer', 'rule'))];
      if (!isRecord(record) || record['form'] !== form || record['name'] !== name || signer === null || rule === null) {
        return undefined;
      }
      return { signer: { rule, signer, signedAt: textOf(at(record, 'signer', 'signedAt')) }, key: textOf(record['key']) };
    } catch {
      return undefined;
    }
  }

  /** Names are hashes, so which ones go is as good as random: what is still used is verified and written again. */
  private async prune(): Promise<void> {
    const files = await readdir(this.folder);
    for (const file of files.slice(0, Math.max(0, files.length - most))) {
      await rm(join(this.folder, file), { force: true });
    }
  }
}

function isOver({ key, signer }: Verified, trust: Trust): boolean {
  const notAfter = trust.keys.find(({ fingerprint }) => fingerprint === key)?.notAfter ?? null;
  return notAfter !== null && notAfter < (signer.signedAt === null ? new Date() : new Date(signer.signedAt));
}

function nameOf({ image, digest, trust, wanted }: Question): string {
  const parts = [form, image.repository, digest, trust.fingerprint, wanted];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
