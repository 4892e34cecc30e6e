import { secretsFolder } from './spec.ts';

/** Folders and files with credentials, below a home folder (reference: docker-gateway §3.3, and the stores of common programs). */
const credentials = [
  '.ssh .aws .azure .gnupg .kube .docker .netrc .npmrc .yarnrc.yml .pypirc .pgpass .my.cnf .git-credentials .vault-token .terraform.d',
  '.codex .password-store .1password .gem/credentials .cargo/credentials .cargo/credentials.toml .colima .lima .orbstack .rd',
  '.config/gh .config/gcloud .config/op .config/git .config/containers .config/rclone .config/sops .config/glab-cli .config/hub .config/doctl',
  '.config/google-chrome .config/chromium .config/microsoft-edge .config/bravesoftware .config/keepassxc .config/code .config/wharf',
  '.local/share/keyrings .local/share/kwalletd .local/share/containers .local/share/wharf .local/state/wharf .cache/docker-secrets-engine',
  '.mozilla .thunderbird .bash_history .zsh_history snap/firefox snap/chromium library/keychains library/cookies library/safari',
  'library/application_support/google library/application_support/firefox library/application_support/wharf library/containers appdata',
]
  .join(' ')
  .split(' ')
  .map((place) => place.replace('_support', ' support'));

/** Those of them that are refused wherever they lie, such as in a copy of a home folder; `.codex` of a project holds no credentials. */
const anywhere = new Set(credentials.filter((place) => !place.includes('/') && !['.codex', 'appdata'].includes(place)));

/** What lies in these belongs to the system, or leads to it. */
const systemPlaces = [
  '/bin /boot /dev /etc /lib /lib32 /lib64 /libx32 /lost+found /proc /root /run /sbin /sys /usr /snap /nix /system /library /windows',
  '/var/run /var/lib /var/log /var/spool /var/cache /var/db /var/lock /private/etc /private/var/run /private/var/db /private/var/root',
]
  .join(' ')
  .split(' ');

/** Of these only what lies in them. */
const shared = new Set(
  '/ /home /users /volumes /media /mnt /opt /srv /tmp /var /var/tmp /private /private/tmp /private/var /applications'.split(' '),
);

/** What a mount is judged by. Paths are absolute, without links, with `/` between their parts. */
export interface MountPlaces {
  readonly home: string;
  /** Wharf's own folders, the engine's socket, and whatever else no server may reach. */
  readonly closed: readonly string[];
}

/** Why nothing may be mounted from `path`, as half a sentence; undefined where it may. */
export function whyNotFrom(path: string, { home, closed }: MountPlaces): string | undefined {
  const place = plain(path);
  const homeFolder = plain(home);
  if (place === homeFolder || isBelow(homeFolder, place)) {
    return 'it holds the whole home folder, with every credential in it';
  }
  const parts = place.split('/');
  const name =
    parts.find((part) => anywhere.has(part)) ??
    (/^id_(?:rsa|dsa|ecdsa|ed25519)[\w-]*$/.test(parts.at(-1) ?? '') ? parts.at(-1) : undefined);
  if (name !== undefined) {
    return `"${name}" is a place for credentials`;
  }
  const touched = credentials.map((part) => `${homeFolder}/${part}`).find((secret) => touches(place, secret));
  if (touched !== undefined) {
    return `it ${isBelow(touched, place) ? 'holds' : 'lies in'} ${touched}, a place for credentials`;
  }
  if (closed.some((own) => touches(place, plain(own)))) {
    return "it reaches Wharf's own files, the socket of the engine, or a place for credentials that a variable names";
  }
  // The home folder of root lies in the system's part.
  const isSystem = !isBelow(place, homeFolder) && systemPlaces.some((system) => place === system || isBelow(place, system));
  return isSystem || shared.has(place) || /^[a-z]:$/.test(place) ? 'it is a place of the system' : undefined;
}

/** Why nothing may be mounted at `target` inside a container, as half a sentence; undefined where it may. */
export function whyNotAt(target: string): string | undefined {
  if (
    !target.startsWith('/') ||
    target === '/' ||
    target.includes('\0') ||
    target.split('/').some((part, index) => index > 0 && ['', '.', '..'].includes(part))
  ) {
    return 'its target is not an absolute, plain path';
  }
  const taken = ['/proc', '/sys', '/dev', secretsFolder, '/sbin/docker-init'].find((path) => touches(target, path));
  return taken === undefined ? undefined : `its target ${target} hides ${taken}`;
}

/**
 * Parts of a folder from which programs outside the container run something: a server that may write beside them may not write
 * them. The whole of `.git`, as a file `commondir` in it leads git to another configuration, and an index to other repositories (tried with git 2.39).
 */
export const guardedParts = ['.git', '.codex', '.vscode', '.devcontainer'] as const;

/** Why a server may not write `path`, as half a sentence; undefined where it may. `.git` as a whole is for servers that commit. */
export function whyNotToChange(path: string): string | undefined {
  const parts = plain(path).split('/');
  const at = parts.findIndex((name) => guardedParts.some((part) => part === name));
  const part = parts[at];
  return part === undefined || (part === '.git' && at === parts.length - 1)
    ? undefined
    : `programs outside the container run what lies in "${part}", so it is mounted to read or not at all`;
}

export function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function touches(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

/** Some file systems take `.SSH` for `.ssh`, and Windows has another separator. */
function plain(path: string): string {
  const slashes = path.replace(/\\/g, '/').toLowerCase();
  return slashes.length > 1 ? slashes.replace(/\/+$/, '') : slashes;
}
