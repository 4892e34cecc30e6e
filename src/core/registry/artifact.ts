/* The form in which Docker keeps profiles and catalogues in a registry: a manifest with one layer, which is their JSON (docker/mcp-gateway, pkg/oci). */

export const profileArtifact = 'application/vnd.docker.mcp.profile.v1+json';
/** What Docker keeps a catalogue as: `{title, servers}`. */
export const catalogArtifact = 'application/vnd.docker.mcp.catalog.v1+json';
export const artifactLayer = 'application/json';
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** What stands in for an image's configuration (OCI image specification 1.1, "Guidance for an Empty Descriptor"). */
export const emptyConfig = {
  text: '{}',
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
} as const;

/** The manifest's text, byte for byte as Docker's gateway writes it, so that the same content has the same digest. */
export function artifactManifest(artifactType: string, layer: { readonly digest: string; readonly size: number }): string {
  const { mediaType, digest, size } = emptyConfig;
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType,
    config: { mediaType, digest, size },
    layers: [{ mediaType: artifactLayer, digest: layer.digest, size: layer.size }],
  });
}
