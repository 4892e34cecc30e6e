/** Whose a container is. The process that owns it must be alive, or the container is an orphan. */
export interface ContainerOwner {
  readonly machine: string;
  readonly boot: string;
  readonly pid: number;
  readonly startedAt: string;
}

const prefix = 'wharf.';

/** Marks every container that Wharf made. */
export const managedLabel = `${prefix}managed`;
export const machineLabel = `${prefix}machine`;
/** On a server's container: the name of the volume with its secret files. */
export const secretsLabel = `${prefix}secrets`;
/** Marks a helper that only holds such a volume while it is filled. */
export const holderLabel = `${prefix}holder`;

/** On a volume with data of a server: what its profile calls it. */
export const dataLabel = `${prefix}data`;
/** On such a volume: whose it is, in letters that say nothing to others. */
export const dataOwnerLabel = `${prefix}data.owner`;
/** On such a volume: the file of its profile. */
export const dataPathLabel = `${prefix}data.profile`;
export const profileLabel = `${prefix}profile`;
export const serverLabel = `${prefix}server`;

/** The labels that a container carries from its creation on. */
export function containerLabels(
  owner: ContainerOwner,
  what: { readonly profile: string; readonly server: string },
): Record<string, string> {
  return {
    [managedLabel]: 'true',
    [profileLabel]: what.profile,
    [serverLabel]: what.server,
    [machineLabel]: owner.machine,
    [`${prefix}boot`]: owner.boot,
    [`${prefix}owner.pid`]: String(owner.pid),
    [`${prefix}owner.started`]: owner.startedAt,
  };
}

/** Reads the owner back; undefined when the labels are not Wharf's. */
export function ownerFromLabels(labels: Readonly<Record<string, string>>): ContainerOwner | undefined {
  const machine = labels[machineLabel];
  const boot = labels[`${prefix}boot`];
  const pid = Number(labels[`${prefix}owner.pid`]);
  return labels[managedLabel] === 'true' && machine !== undefined && boot !== undefined && Number.isInteger(pid) && pid > 0
    ? { machine, boot, pid, startedAt: labels[`${prefix}owner.started`] ?? '' }
    : undefined;
}
