import { defaultLimits } from '../core/container/spec.ts';
import type { ImageServer, ProfileServer } from '../core/profile/profile.ts';

/** For each server of a profile what it runs and what it may reach, one line each: what a person allows. */
export function grantLines(servers: readonly ProfileServer[]): readonly string[] {
  return servers.flatMap((server) => [
    `  ${server.name}: ${server.kind === 'image' ? `image ${server.image}` : 'built in, runs as a process without files or network'}`,
    ...(server.kind === 'image' ? containerLines(server) : []),
    `    tools: ${server.tools === null ? 'all' : server.tools.length === 0 ? 'none' : server.tools.map(word).join(', ')}`,
  ]);
}

function containerLines(server: ImageServer): readonly string[] {
  const variables = Object.entries(server.env).map(([name, value]) => `${name}=${word(value)}`);
  const memory = server.limits.memory ?? defaultLimits.memory;
  return [
    `    command: ${server.command.length === 0 ? "the image's own" : server.command.map(word).join(' ')}`,
    ...(variables.length === 0 ? [] : [`    environment: ${variables.join(' ')}`]),
    `    network: ${server.network}`,
    `    limits: ${server.limits.cpus ?? defaultLimits.cpus} CPU, ${Math.round(memory / 1024 ** 2)} MB`,
  ];
}

/** Quoted where it would look like several, or like nothing. */
function word(text: string): string {
  return /^[^\s"',]+$/.test(text) ? text : JSON.stringify(text);
}
