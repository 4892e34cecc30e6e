import { pullProfile } from './pullProfile.ts';
import { pushProfile } from './pushProfile.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export { pullProfile, pushProfile };
