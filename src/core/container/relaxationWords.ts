import type { Relaxation } from '../../shared/relaxation.ts';

export function tmpfs(folder: string): Relaxation {
  return {
    setting: 'tmpfs',
    value: folder,
    why: `It wants to write to ${folder}; this gives it a folder in memory there, which is empty at each start.`,
    risk: 'It counts against the memory of the server, and nothing in it can be run.',
    width: 'narrow',
  };
}

/** For a folder that is in memory already. */
export function exec(folder: string): Relaxation {
  return {
    setting: 'exec',
    value: folder,
    why: `It wants to run a program that it wrote to ${folder}; this allows that there.`,
    risk: 'A tool that can be made to write a file there can be made to run it, inside the container.',
    width: 'narrow',
  };
}

export function writable(folder: string | undefined): Relaxation {
  return {
    setting: 'writable',
    value: true,
    why: `It wants to write ${folder === undefined || folder === '' ? 'beside its own programs' : `to ${folder}, beside its own programs`}; this lets it write to all of its root file system, and what it writes goes with the container.`,
    risk: 'It can change its own programs while it runs, and fill the disk of the engine.',
    width: 'narrow',
  };
}

export function root(): Relaxation {
  return {
    setting: 'user',
    value: 'root',
    why: 'It needs what only root may do; this runs it as root inside its container, without any capability.',
    risk: 'A fault of the kernel or of the engine that lets it out would make it root there, unless the engine has a user namespace.',
    width: 'wide',
  };
}

export function sharedMemory(size: string): Relaxation {
  return {
    setting: 'shm',
    value: size,
    why: `Its shared memory is full; this gives it ${size} of it.`,
    risk: 'It counts against the memory of the server.',
    width: 'narrow',
  };
}

const capabilities: Readonly<Record<string, readonly [does: string, risk: string, width: 'narrow' | 'wide']>> = {
  SETGID: ['change its group', 'It can become any group that the files of its container know.', 'narrow'],
  SETUID: ['change its user, mostly to leave root', 'It can become any user of its container.', 'narrow'],
  CHOWN: ['give files to another user', 'It can take every file of its container, and of folders mounted to be written.', 'narrow'],
  FOWNER: [
    'change the rights of files of others',
    'It can open every file of its container, and of folders mounted to be written.',
    'narrow',
  ],
  DAC_OVERRIDE: ['read and write files whatever their rights say', 'The rights of files in mounted folders do not hold it.', 'wide'],
  KILL: ['end processes of other users in its container', 'It can end what else runs in its container.', 'narrow'],
  SYS_CHROOT: ['use chroot', 'It is one more way for a fault of the kernel to be reached.', 'wide'],
};

export function capability(name: string): Relaxation {
  const [does, risk, width] = capabilities[name] ?? [
    'do what it tried',
    'It is one more way for a fault of the kernel to be reached.',
    'wide',
  ];
  return { setting: 'capAdd', value: name, why: `It wants to ${does}; this lets it.`, risk, width };
}
