import { isSeq, type Node, type YAMLMap } from 'yaml';

import { parseMemory } from './units.ts';
import type { Isolation, Mount } from './profile.ts';
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

const cleanPath = /^\/(?!\/)[^\0:,]+$/;
const userName = /^[a-z0-9_][a-z0-9_.-]*(?::[a-z0-9_][a-z0-9_.-]*)?$/i;
/** Places in a container that are the system's, or Wharf's. */
const systemTarget = /^\/(?:proc|sys|dev|run\/wharf-secrets)(?:\/|$)|^\/(?:etc|usr|bin|sbin|lib|lib64|boot|var\/run|run)?\/?$/;

/** Reads what an entry wants beyond the strictest container. */
export class IsolationReader extends ServerReader {
  read(entry: YAMLMap, snapshot: YAMLMap | undefined, own: YAMLMap | undefined): Isolation {
    return {
      mounts: [...this.mounts(snapshot, 'volumes'), ...this.mounts(entry, 'volumes'), ...this.mounts(own, 'mounts')],
      tmpfs: this.folders(own, 'tmpfs'),
      exec: this.folders(own, 'exec'),
      writable: this.setting(own, 'writable', (value) => (typeof value === 'boolean' ? value : undefined), 'true or false') ?? false,
      capAdd: this.capabilities(own),
      user: this.user(own, 'wharf.user') ?? this.user(entry, 'user') ?? this.user(snapshot, 'user') ?? null,
      shm: this.setting(own, 'shm', parseMemory, 'a size of at least 6m, such as 256m') ?? null,
    };
  }

  private mounts(map: YAMLMap | undefined, key: 'mounts' | 'volumes'): readonly Mount[] {
    const list = map && this.value(map, key);
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, `"${key}" is not a list`);
    }
    return (map === undefined ? [] : (this.texts(map, key) ?? [])).map((text, index) =>
      this.mount(text, key, this.itemOf(map, key, index)),
    );
  }

  private mount(text: string, key: 'mounts' | 'volumes', node: Node | undefined): Mount {
    const [, source = '', target = '', mode] = /^((?:[A-Za-z]:)?[^:]+):([^:]+)(?::(ro|rw))?$/.exec(text) ?? [];
    if (!/^(?:\/|~\/|\$\{workspace\}(?:\/|$)|[A-Za-z]:[\\/])/.test(source)) {
      const words = 'is not SOURCE:TARGET[:ro|rw] with an absolute SOURCE, or one from ~/ or ${workspace}; named volumes are not supported';
      throw this.bad(node, `"${text}" of its "${key}" ${words}`);
    }
    // A configured folder stands in the container where it stands outside, which is known when the server starts.
    const place = target === source ? target.replace(/^(?:~|\$\{workspace\})(?=\/|$)/, '/place') : target;
    if (!isCleanPath(place) || systemTarget.test(place)) {
      throw this.bad(node, `"${text}" of its "${key}" has a target that is no plain folder of a container's own`);
    }
    return { source, target, readOnly: mode !== 'rw' };
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

function isCleanPath(path: string): boolean {
  return cleanPath.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}
