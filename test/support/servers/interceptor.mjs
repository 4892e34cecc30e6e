// A program for `--interceptor …:docker:…`. It reads all of its input, and then does what its first argument says.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const [what, ...words] = process.argv.slice(2);

/** @param {unknown} value */
function answer(value) {
  process.stdout.write(JSON.stringify({ content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] }));
}

/** @param {() => void} attempt */
function works(attempt) {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

if (what === 'hang') {
  setInterval(() => undefined, 60_000);
} else {
  const input = readFileSync(0, 'utf8');
  if (what === 'repeat') {
    answer({ words, input: JSON.parse(input) });
  } else if (what === 'size') {
    answer(String(input.length));
  } else if (what === 'slow') {
    setTimeout(() => answer('at last'), Number(words[0]));
  } else if (what === 'fail') {
    console.error('interceptor: I will not');
    process.exitCode = 4;
  } else if (what === 'surroundings') {
    answer({
      env: process.env,
      interfaces: Object.keys(networkInterfaces()),
      rootIsWritable: works(() => writeFileSync('/x', '')),
      tmpIsWritable: works(() => writeFileSync('/tmp/x', '')),
      hasSocket: existsSync('/var/run/docker.sock'),
    });
  }
}
