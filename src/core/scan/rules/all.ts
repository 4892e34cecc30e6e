import { aiRules } from './ai.ts';
import { cloudRules } from './cloud.ts';
import { codeRules } from './code.ts';
import { databaseRules } from './databases.ts';
import { keyRules } from './keys.ts';
import { messagingRules } from './messaging.ts';
import { paymentRules } from './payment.ts';
import type { ScanRule } from './rule.ts';
import { serviceRules } from './services.ts';

/** Every rule that Wharf has. */
export const allRules: readonly ScanRule[] = [
  ...aiRules,
  ...cloudRules,
  ...codeRules,
  ...databaseRules,
  ...keyRules,
  ...messagingRules,
  ...paymentRules,
  ...serviceRules,
];
