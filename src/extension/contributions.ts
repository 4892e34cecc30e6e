/**
 * The one source of every name that package.json contributes and the code uses.
 * test/architecture/manifest.test.ts proves that both say the same.
 */
export const commands = {
  allowProfile: 'wharf.allowProfile',
  connectCodex: 'wharf.connectCodex',
  copySupportReport: 'wharf.copySupportReport',
  createProfile: 'wharf.createProfile',
  discoverTools: 'wharf.discoverTools',
  lockVault: 'wharf.lockVault',
  openInspector: 'wharf.openInspector',
  openProfile: 'wharf.openProfile',
  pinHosts: 'wharf.pinHosts',
  refreshProfiles: 'wharf.refreshProfiles',
  relaxServer: 'wharf.relaxServer',
  setSecret: 'wharf.setSecret',
  showLog: 'wharf.showLog',
  signIn: 'wharf.signIn',
  unlockVault: 'wharf.unlockVault',
} as const;

export type CommandId = (typeof commands)[keyof typeof commands];

export const viewContainer = 'wharf';

export const views = { profiles: 'wharf.profiles' } as const;

/** Kinds of rows in the profiles view. Menus in package.json match on them. */
export const rowKinds = {
  /** A profile whose servers are offered to Codex. */
  profile: 'wharf.profile',
  /** A project's profile whose content the user has not allowed. */
  newProfile: 'wharf.profile.new',
  /** An allowed profile of which a server's image changed since. */
  changedProfile: 'wharf.profile.changed',
  /** A profile file that cannot be read. */
  brokenProfile: 'wharf.profile.broken',
  server: 'wharf.server',
  /** A server that was never asked for its tools, of a profile that is allowed. */
  unaskedServer: 'wharf.server.unasked',
  /** A remote server that waits for its person to log in. */
  loginServer: 'wharf.server.login',
  /** A server whose secrets are not all in the vault. */
  secretServer: 'wharf.server.secret',
  /** A server whose secrets are in a vault that is locked. */
  lockedServer: 'wharf.server.locked',
  /** A server whose container is too strict for it, where it is known what would help. */
  strictServer: 'wharf.server.strict',
  /** A server whose image is another one than when its profile was allowed. */
  changedServer: 'wharf.server.changed',
  tool: 'wharf.tool',
} as const;

/** What else menus match on: it stands behind the kind of a server's row. */
export const rowFlags = {
  /** It wants something from the vault. */
  secrets: '+secrets',
  /** It reached hosts that can be pinned. */
  learned: '+learned',
} as const;

export type RowKind = (typeof rowKinds)[keyof typeof rowKinds];

/** Context keys that the extension sets itself. */
export const contextKeys = {
  /** The profiles view has read its files once: only then does it say that there is none. */
  profilesRead: 'wharf.profilesRead',
} as const;

/** Settings: none so far; what Wharf does is said in profiles. */
export const settings: readonly string[] = [];

export const languages = { codexToml: 'codex-toml' } as const;

export const webviewPanels = { inspector: 'wharf.inspector' } as const;

/** Events that VS Code does not derive from the contributions. */
export const activationEvents: readonly string[] = [`onWebviewPanel:${webviewPanels.inspector}`];
