#!/usr/bin/env node
// No MCP server: a program that runs once, as the tools do that are containers of their own.
import { readFileSync, writeFileSync } from 'node:fs';

const [what, ...words] = process.argv.slice(2);
switch (what) {
  case 'say':
    process.stdout.write(words.join(' '));
    break;
  case 'read':
    process.stdout.write(readFileSync(words[0] ?? '', 'utf8'));
    break;
  case 'write':
    writeFileSync(words[0] ?? '', words[1] ?? '');
    break;
  case 'wait':
    setInterval(() => undefined, 1_000);
    break;
  case 'flood':
    for (let count = 0; count < 10; count++) {
      process.stdout.write(Buffer.alloc(1024 ** 2, 'x'));
    }
    break;
  default:
    process.stderr.write(`unknown: ${what}\n`);
    process.exitCode = 3;
}
