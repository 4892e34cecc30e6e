// A gateway as a process of its own: `node writeSecrets.ts DATA NAME COUNT` sets NAME-1 … NAME-COUNT,
// `node writeSecrets.ts DATA rotate` gives the vault new keys until it is killed, and prints a line for each.
import { Vault } from '../../../src/node/vault/vault.ts';

const [data = '', name = '', count = ''] = process.argv.slice(2);
const vault = new Vault(data, () => process.env);

if (name === 'rotate') {
  for (;;) {
    const rotated = await vault.rotate();
    process.stdout.write(rotated.ok ? 'rotated\n' : `${rotated.problem.code}\n`);
  }
}
for (let number = 1; number <= Number(count); number += 1) {
  const set = await vault.set(`${name}-${number}`, `${name} ${number}`);
  if (!set.ok) {
    throw new Error(`${set.problem.message} ${set.problem.detail ?? ''}`);
  }
}
