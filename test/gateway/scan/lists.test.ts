import assert from 'node:assert/strict';
import { test } from 'node:test';

import { profileDefaults, type Profile } from '../../../src/core/profile/profile.ts';
import { parseProfile } from '../../../src/core/profile/parseProfile.ts';
import { KnownLists } from '../../../src/gateway/lists/knownLists.ts';
import { listWarnings } from '../../../src/gateway/scan/listWarnings.ts';
