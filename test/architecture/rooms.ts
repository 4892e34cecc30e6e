import { dirname, join, normalize } from 'node:path/posix';

/** The rooms of the house and what each may import (ARCHITECTURE.md). */
export const rooms = {
  'src/shared': { rooms: [], packages: [] },
  'src/core': { rooms: ['src/shared'], packages: ['yaml', '@iarna/toml', 'jsonc-parser'] },
  'src/node': {
    rooms: ['src/core', 'src/shared'],
    packages: ['node:', '@sigstore/bundle', '@sigstore/protobuf-specs', '@sigstore/verify', '@napi-rs/keyring'],
  },
  'src/docker': { rooms: ['src/core', 'src/shared'], packages: ['node:', 'dockerode'] },
  'src/gateway': {
    rooms: ['src/docker', 'src/node', 'src/core', 'src/shared'],
    packages: ['node:', '@modelcontextprotocol/sdk', 'zod', 'dns-packet', 'oauth4webapi'],
  },
  'src/cli': { rooms: ['src/docker', 'src/node', 'src/core', 'src/shared'], packages: ['node:', 'commander'] },
  'src/languageServer': { rooms: ['src/core', 'src/shared'], packages: ['vscode-languageserver', 'vscode-languageserver-textdocument'] },
  'src/extension': { rooms: ['src/core', 'src/node', 'src/shared'], packages: ['node:', 'vscode', 'vscode-languageclient'] },
  webview: { rooms: ['src/shared'], packages: [] },
} as const satisfies Readonly<Record<string, { readonly rooms: readonly string[]; readonly packages: readonly string[] }>>;

export type Room = keyof typeof rooms;

export const roomNames = Object.keys(rooms) as readonly Room[];

export function roomOf(path: string): Room | undefined {
  return roomNames.find((room) => path.startsWith(`${room}/`));
}

const importForms = [
  /\bfrom\s*['"]([^'"]+)['"]/g,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
];

/** Every module that a source text names: imports for values and for types, dynamic ones, `import('…')` types. */
export function importsOf(text: string): readonly string[] {
  return importForms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ''));
}

/** One sentence for each import that a file's room may not have. */
export function roomViolations(path: string, text: string): readonly string[] {
  const room = roomOf(path);
  if (room === undefined) {
    return [`${path} is in no room: put it into one of ${roomNames.join(', ')}.`];
  }
  const allowed: { readonly rooms: readonly string[]; readonly packages: readonly string[] } = rooms[room];
  return importsOf(text).flatMap((name) => {
    if (!name.startsWith('.')) {
      const known = allowed.packages.some((entry) =>
        entry.endsWith(':') ? name.startsWith(entry) : name === entry || name.startsWith(`${entry}/`),
      );
      return known ? [] : [`${path} imports ${name}: ${room} may use ${allowed.packages.join(', ') || 'no package'}.`];
    }
    const target = roomOf(normalize(join(dirname(path), name)));
    return target === room || (target !== undefined && allowed.rooms.includes(target))
      ? []
      : [`${path} imports ${name}: ${room} may use ${allowed.rooms.join(', ') || 'no other room'}. Take what you need as a parameter.`];
  });
}
