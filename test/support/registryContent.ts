import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** Puts things into a real registry as its clients do, without a client of ours. */
export interface RegistryContent {
  readonly host: string;
  /** `Authorization`, where the registry asks for a login. */
  readonly authorization?: string;
}

export interface Pushed {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function send({ authorization }: RegistryContent, url: string, init: RequestInit): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), ...(authorization === undefined ? {} : { authorization }) };
  const response = await fetch(url, { ...init, headers });
  assert.ok(response.ok, `${url} answered ${response.status}: ${await response.clone().text()}`);
  return response;
}

export async function pushBlob(registry: RegistryContent, path: string, bytes: Uint8Array | string, mediaType: string): Promise<Pushed> {
  const body = Buffer.from(bytes);
  const digest = sha256(body);
  const begun = await send(registry, `http://${registry.host}/v2/${path}/blobs/uploads/`, { method: 'POST' });
  const target = new URL(begun.headers.get('location') ?? '', `http://${registry.host}`);
  target.searchParams.set('digest', digest);
  await send(registry, target.href, { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } });
  return { digest, size: body.length, mediaType };
}

/** `reference`: a tag, or nothing for the digest. */
export async function pushManifest(registry: RegistryContent, path: string, manifest: object, reference?: string): Promise<Pushed> {
  const body = Buffer.from(JSON.stringify(manifest));
  const { mediaType } = manifest as { readonly mediaType: string };
  const digest = sha256(body);
  const url = `http://${registry.host}/v2/${path}/manifests/${reference ?? digest}`;
  await send(registry, url, { method: 'PUT', body, headers: { 'content-type': mediaType } });
  return { digest, size: body.length, mediaType };
}

/** An image with one layer, whose content tells it from others. */
export async function pushImage(registry: RegistryContent, path: string, tag: string, content: string): Promise<Pushed> {
  const layer = await pushBlob(registry, path, content, 'application/vnd.oci.image.layer.v1.tar');
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [layer.digest] } });
  return pushManifest(
    registry,
    path,
    {
      schemaVersion: 2,
      mediaType: ociManifest,
      config: await pushBlob(registry, path, config, 'application/vnd.oci.image.config.v1+json'),
      layers: [layer],
    },
    tag,
  );
}

/** What stands in for an image's configuration where there is none. */
export function emptyConfig(registry: RegistryContent, path: string): Promise<Pushed> {
  return pushBlob(registry, path, '{}', 'application/vnd.oci.empty.v1+json');
}

/** Puts a bundle into a registry as cosign 3 does, and into the list that stands in for the referrers API. */
export async function pushBundles(
  registry: RegistryContent,
  path: string,
  image: Pushed,
  bundles: readonly object[],
): Promise<readonly Pushed[]> {
  const referrers: Pushed[] = [];
  for (const bundle of bundles) {
    referrers.push(
      await pushManifest(registry, path, {
        schemaVersion: 2,
        mediaType: ociManifest,
        artifactType: bundleMediaType,
        config: await emptyConfig(registry, path),
        layers: [await pushBlob(registry, path, JSON.stringify(bundle), bundleMediaType)],
        subject: image,
      }),
    );
  }
  const manifests = referrers.map((referrer) => ({ ...referrer, artifactType: bundleMediaType }));
  await pushManifest(registry, path, { schemaVersion: 2, mediaType: ociIndex, manifests }, image.digest.replace(':', '-'));
  return referrers;
}
