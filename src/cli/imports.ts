import { advise } from './advise.ts';
import { importServers } from './import/importServers.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */
export { advise, importServers };
