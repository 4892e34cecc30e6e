import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

/** A certificate for this computer that was made for a test, and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** What a client has to trust. */
  readonly ca: string;
}

/** Makes a certificate, signed by itself, in files that go with the test. */
export async function makeCertificate(t: TestContext, name = 'localhost'): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', `/CN=${name}`];
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', ...made, ...names, '-keyout', key, '-out', cert]);
  await chmod(key, 0o600);
  return { cert, key, ca: await readFile(cert, 'utf8') };
}
