import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { runCodex } from '../support/codex.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import { makeHome } from '../support/wharfHome.ts';

const profile = `version: 1
name: Development
servers:
  - image: ${sampleTags.everything}
    wharf: { network: none }
  - image: ${sampleTags.memory}
    wharf: { network: none }
`;

const config = '# Keep this comment.\nmodel_reasoning_effort = "low"   # and this one\n\n[features]\nx = false\n';
