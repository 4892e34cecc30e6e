// `npm run image [-- --tag NAME:TAG]`: the gateway's container image, made of what `npm ci` installed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { buildAll } from '../esbuild.mjs';
import { buildGatewayImage, defaultTag } from './gatewayImage.ts';

const megabyte = 1e6;

try {
  const { values } = parseArgs({ options: { tag: { type: 'string', default: defaultTag } } });
  const dist = await mkdtemp(join(tmpdir(), 'wharf-dist-'));
  try {
    await buildAll(dist);
    const image = await buildGatewayImage({ dist, tag: values.tag });
    const state = image.built ? 'built' : 'there already';
    console.log(`${image.tag} ${image.id} ${(image.size / megabyte).toFixed(0)} MB, ${state}`);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
