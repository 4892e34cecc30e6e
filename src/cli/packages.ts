import { buildImages } from './packages/buildImages.ts';
import { listImages, pruneImages } from './packages/keepImages.ts';
import { packageResolver } from './packages/packageResolver.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export { buildImages, listImages, packageResolver, pruneImages };
