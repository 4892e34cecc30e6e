import { isRecord } from './json.ts';
import { parseImageName, type ImageName } from './imageName.ts';
import { matchesImage, type ImagePattern } from './policy.ts';

/**
 * Why what a signature of cosign's first layout covers does not speak of this image; undefined when it does.
 * The payload is `critical: { identity: { docker-reference }, image: { docker-manifest-digest }, type }`
 * (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md).
 */
export function whyNotThisImage(payload: unknown, image: ImageName, digest: string, signedAs: readonly ImagePattern[]): string | undefined {
  const critical = isRecord(payload) ? payload['critical'] : undefined;
  const [identity, signed] = isRecord(critical) ? [critical['identity'], critical['image']] : [];
  if (!isRecord(critical) || !isRecord(identity) || !isRecord(signed)) {
    return 'its payload is not in the form of simple signing';
  }
  if (critical['type'] !== 'cosign container image signature') {
    return 'its payload is no signature of an image';
  }
  if (signed['docker-manifest-digest'] !== digest) {
    return 'it signs another image (docker-manifest-digest)';
  }
  const written = identity['docker-reference'];
  const name = typeof written === 'string' ? parseImageName(written) : undefined;
  const isThis =
    name !== undefined && (name.repository === image.repository || signedAs.some((pattern) => matchesImage(pattern, name.repository)));
  if (!isThis) {
    return `it signs the image of another repository (docker-reference ${typeof written === 'string' ? JSON.stringify(written.slice(0, 200)) : 'is missing'})`;
  }
  return undefined;
}
