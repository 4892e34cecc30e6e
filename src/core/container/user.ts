import type { ContainerSpec } from './spec.ts';

/** The number that images without a shell commonly use for a user with no rights. */
const nobody = '65532:65532';

/**
 * Whether `user[:group]`, as an image or a profile says it, is root; an image that says nothing means root too. Engines read a
 * number with zeros and a sign in front. Any other name may have root's number in its image: src/docker/imageUsers.ts.
 */
export function isRoot(user: string): boolean {
  return /^(?:|root|[+-]?0+)(?::|$)/.test(user);
}

/**
 * Who a container's server is: whom the profile names, else the image's own user, else nobody. An image that says root
 * gets it only from the profile (`user: root`), as few need it. `own` is the user of this computer, as `uid:gid`, where the
 * engine runs here: with folders of theirs mounted a server could else neither read nor write them.
 */
export function runAs({ user, mounts }: Pick<ContainerSpec, 'user' | 'mounts'>, imageUser: string, own: string | null): string {
  if (user !== null) {
    return user;
  }
  if (!isRoot(imageUser)) {
    return imageUser;
  }
  return mounts.length > 0 && own !== null && !isRoot(own) ? own : nobody;
}
