import { version } from '../../shared/version.ts';

/** Wharf's own image, which also runs in small roles beside servers. WHARF_IMAGE names another one. */
export const ownImage = `wharf-gateway:${version}`;
