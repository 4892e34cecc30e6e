/** Equal to the version in package.json; test/architecture proves it. */
export const version = '0.1.0';
