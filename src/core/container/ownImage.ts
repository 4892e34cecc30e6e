import { version } from '../../shared/version.ts';

/** The image of this version of Wharf: the gateway itself, and what it runs beside servers. `npm run image` makes it. */
export const ownImage = `wharf-gateway:${version}`;
