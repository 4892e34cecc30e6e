/** What must not be recognised in a report. */
export interface Private {
  /** Home folders, as they are written and as they really are. */
  readonly homes: readonly string[];
  /** Where the report is made. */
  readonly folder: string | null;
  readonly users: readonly string[];
  readonly hosts: readonly string[];
  /** The address of Docker, where that is another computer, and its host. */
  readonly docker: readonly string[];
  /** What secrets are called: that may tell of whom they are. */
  readonly secrets: readonly string[];
}

/** Names of users that are everywhere the same, and tell of nobody. */
const impersonal = new Set(['', 'root']);
const ownHosts = new Set(['', 'localhost', 'localhost.localdomain']);
/** Shorter names are met by chance in any text. */
const shortestName = 2;
/** A name of one plain word, such as "token", tells nothing, and stands in many a sentence. */
const saysMuch = /[^A-Za-z]|.{12}/;
const address = /\b([a-z][a-z0-9+.-]{1,15}:\/\/)([^\s"'<>`]+)/gi;

/**
 * A text for strangers: home folders become `~`, names of users, computers and the folder become words in brackets, and addresses
 * lose what stands before an `@` and after a `?` or `#`. Secrets must be gone before, as a name may be a part of one.
 */
export function anonymous(text: string, { homes, folder, users, hosts, docker, secrets }: Private): string {
  let shown = text.replace(address, (_all, scheme: string, rest: string) => scheme + shortAddress(rest));
  for (const one of longestFirst(docker)) {
    shown = replaceName(shown, one, '[docker]');
  }
  for (const name of longestFirst(secrets)) {
    shown = saysMuch.test(name) ? replaceName(shown, name, '[name]') : shown;
  }
  if (folder !== null && !homes.includes(folder) && folder.length > 1) {
    shown = shown.replaceAll(folder, '[folder]');
  }
  for (const home of longestFirst(homes)) {
    shown = [home, home.replaceAll('\\', '\\\\')].reduce((now, form) => replacePath(now, form, '~'), shown);
  }
  for (const host of longestFirst(hosts.flatMap((name) => [name, name.split('.')[0] ?? '']))) {
    shown = ownHosts.has(host.toLowerCase()) ? shown : replaceName(shown, host, '[host]');
  }
  for (const user of longestFirst(users)) {
    shown = impersonal.has(user.toLowerCase()) ? shown : replaceName(shown, user, '[user]');
  }
  return shown;
}

function shortAddress(rest: string): string {
  const bare = rest.slice(rest.lastIndexOf('@') + 1);
  const cut = bare.search(/[?#]/);
  return cut === -1 ? bare : `${bare.slice(0, cut)}?…`;
}

function longestFirst(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted((a, b) => b.length - a.length);
}

function replacePath(text: string, path: string, word: string): string {
  return path.length < 2 ? text : text.replace(new RegExp(`${escaped(path)}(?![\\w.-])`, 'gi'), word);
}

function replaceName(text: string, name: string, word: string): string {
  return name.length < shortestName ? text : text.replace(new RegExp(`(?<![A-Za-z0-9])${escaped(name)}(?![A-Za-z0-9])`, 'gi'), word);
}

/** `RegExp.escape` is younger than the oldest Node that Wharf runs on. */
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
