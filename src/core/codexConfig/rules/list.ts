import { gatewayEndpointDown } from './gatewayEndpointDown.ts';
import { gatewayTokenUnset } from './gatewayTokenUnset.ts';
import { startupTimeoutLow } from './startupTimeoutLow.ts';
import { startupTimeoutMissing } from './startupTimeoutMissing.ts';
import { tomlSyntax } from './tomlSyntax.ts';
import { unknownServerKey } from './unknownServerKey.ts';
import { unknownServersTable } from './unknownServersTable.ts';
import type { Rule } from './rule.ts';

/** Every rule, each in its own file. */
export const rules: readonly Rule[] = [
  tomlSyntax,
  unknownServersTable,
  unknownServerKey,
  startupTimeoutMissing,
  startupTimeoutLow,
  gatewayEndpointDown,
  gatewayTokenUnset,
];
