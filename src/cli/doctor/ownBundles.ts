/** The bundles of the command line and the gateway, each `NAME.cjs` in one folder; the editor's are not among them. */
export const ownBundles = [
  'wharf',
  'runtimeCheck',
  'shim',
  'gateway',
  'journal',
  'egress',
  'demoServer',
  'cli',
  'plugin',
  'doctor',
  'provenance',
  'profileSharing',
  'imports',
  'catalogs',
  'profileVerbs',
  'volumes',
] as const;
