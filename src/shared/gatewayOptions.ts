/** An option of `wharf gateway run`: one table for the shim, which must load nothing heavy, and for the help. */
export interface GatewayOption {
  readonly name: string;
  /** How the help names the value; absent for a switch. */
  readonly value?: string;
  readonly help: string;
}

export const gatewayOptions: readonly GatewayOption[] = [
  { name: 'profile', value: 'id', help: "serve the profile with this id: the user's own, else the project's" },
  { name: 'profile-file', value: 'file', help: 'serve the profile in this file' },
  { name: 'no-daemon', help: 'run in this process, share nothing' },
];
