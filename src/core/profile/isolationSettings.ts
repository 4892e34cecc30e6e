import { isSeq, type Node, type YAMLMap } from 'yaml';

import { parseMemory } from './units.ts';
import type { DataVolume, Isolation, Mount } from './profile.ts';
import { ServerReader } from './serverSettings.ts';

/** What Docker gives to containers whose maker says nothing. Others open the whole kernel, and no profile gets them. */
const capabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/** Docker's rule. A letter alone would be a drive of Windows. */
const volumeName = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,99}$/;
const cleanPath = /^\/(?!\/)[^\0:,]+$/;
const userName = /^[a-z0-9_][a-z0-9_.-]*(?::[a-z0-9_][a-z0-9_.-]*)?$/i;
/** Places in a container that are the system's, or Wharf's. */
const systemTarget = /^\/(?:proc|sys|dev|run\/wharf-secrets)(?:\/|$)|^\/(?:etc|usr|bin|sbin|lib|lib64|boot|var\/run|run)?\/?$/;

/** Reads what an entry wants beyond the strictest container. */
export class IsolationReader extends ServerReader {
  read(entry: YAMLMap, snapshot: YAMLMap | undefined, own: YAMLMap | undefined): Isolation {
    const all = [...this.mounts(snapshot, 'volumes'), ...this.mounts(entry, 'volumes'), ...this.mounts(own, 'mounts')];
    return {
      mounts: laterOf(all.flatMap((mount) => ('source' in mount ? [mount] : []))),
      volumes: all.flatMap((mount) => ('name' in mount ? [mount] : [])),
      tmpfs: this.folders(own, 'tmpfs'),
      exec: this.folders(own, 'exec'),
      writable: this.setting(own, 'writable', (value) => (typeof value === 'boolean' ? value : undefined), 'true or false') ?? false,
      capAdd: this.capabilities(own),
      user: this.user(own, 'wharf.user') ?? this.user(entry, 'user') ?? this.user(snapshot, 'user') ?? null,
      shm: this.setting(own, 'shm', parseMemory, 'a size of at least 6m, such as 256m') ?? null,
    };
  }

  private mounts(map: YAMLMap | undefined, key: 'mounts' | 'volumes'): readonly (Mount | DataVolume)[] {
    const list = map && this.value(map, key);
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, `"${key}" is not a list`);
    }
    return (map === undefined ? [] : (this.texts(map, key) ?? [])).map((text, index) =>
      this.mount(text, key, this.itemOf(map, key, index)),
    );
  }

  private mount(text: string, key: 'mounts' | 'volumes', node: Node | undefined): Mount | DataVolume {
    const [, source = '', target = '', mode] = /^((?:[A-Za-z]:)?[^:]+):([^:]+)(?::(ro|rw))?$/.exec(text) ?? [];
    const isVolume = volumeName.test(source);
    if (!isVolume && !/^(?:\/|~\/|\$\{workspace\}(?:\/|$)|[A-Za-z]:[\\/])/.test(source)) {
      const words = 'is not SOURCE:TARGET[:ro|rw] with an absolute SOURCE, one from ~/ or ${workspace}, or the name of a volume';
      throw this.bad(node, `"${text}" of its "${key}" ${words}`);
    }
    // A configured folder stands in the container where it stands outside, which is known when the server starts.
    const place = target === source ? target.replace(/^(?:~|\$\{workspace\})(?=\/|$)/, '/place') : target;
    if (!isCleanPath(place) || systemTarget.test(place)) {
      throw this.bad(node, `"${text}" of its "${key}" has a target that is no plain folder of a container's own`);
    }
    // A folder of this computer can be changed only where that is said; a volume is there to be written to.
    return isVolume ? { name: source, target, readOnly: mode === 'ro' } : { source, target, readOnly: mode !== 'rw' };
  }

  private folders(own: YAMLMap | undefined, key: 'tmpfs' | 'exec'): readonly string[] {
    return (own === undefined ? [] : (this.texts(own, key) ?? [])).map((path, index) => {
      if (!isCleanPath(path) || systemTarget.test(path)) {
        throw this.bad(this.itemOf(own, key, index), `wharf.${key} has "${path}", which is no plain absolute folder of a container's own`);
      }
      return path;
    });
  }

  private capabilities(own: YAMLMap | undefined): readonly string[] {
    return (own === undefined ? [] : (this.texts(own, 'capAdd') ?? [])).map((text, index) => {
      const name = text.toUpperCase().replace(/^CAP_/, '');
      if (!capabilities.includes(name)) {
        throw this.bad(this.itemOf(own, 'capAdd', index), `wharf.capAdd has "${text}"; a server can get ${capabilities.join(', ')}`);
      }
      return name;
    });
  }

  private user(map: YAMLMap | undefined, what: string): string | undefined {
    const node = map && this.value(map, 'user');
    if (map === undefined || node === undefined) {
      return undefined;
    }
    const text = this.scalarText(map, 'user');
    if (!userName.test(text)) {
      throw this.bad(node, `"${what}" is not a user such as 1000, 1000:1000 or name`);
    }
    return text;
  }
}

/** A folder that is mounted twice to one place is mounted as it was said last: `wharf.mounts` may let a server change what its catalogue mounts. */
function laterOf(mounts: readonly Mount[]): readonly Mount[] {
  return [...new Map(mounts.map((mount) => [JSON.stringify([mount.source, mount.target]), mount])).values()];
}

function isCleanPath(path: string): boolean {
  return cleanPath.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}
