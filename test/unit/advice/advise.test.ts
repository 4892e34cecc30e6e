import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { adviseServers, type Advice } from '../../../src/core/advice/advise.ts';
import { adviceRules } from '../../../src/core/advice/rules.ts';
import { readCodexConfig } from '../../../src/core/codexConfig/servers.ts';
import { utf8Bytes } from '../../../src/core/scan/bytes.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { root } from '../../support/sharedData.ts';

const scanner = nodeScanner();
const secret = ['k9f8e7d6c5b', '4a39281706'].join('');

function advice(toml: string, file = '.codex/config.toml'): Advice {
  const isSecretText = (text: string): boolean => scanner.scanText(utf8Bytes(text)).length > 0;
  const [one] = adviseServers(readCodexConfig(toml), { file, home: '/home/you', profile: 'dev', isSecretText });
  assert.ok(one !== undefined);
  return one;
}

/** A server of this command line, with more keys. */
function line(command: string, keys = ''): string {
  const [program, ...args] = command.split(' ');
  return `[mcp_servers.it]\ncommand = ${JSON.stringify(program)}\nargs = ${JSON.stringify(args)}\n${keys}\n`;
}

function url(address: string, keys = ''): string {
  return `[mcp_servers.it]\nurl = ${JSON.stringify(address)}\n${keys}\n`;
}

interface RuleCase {
  readonly verdict: Advice['verdict'];
  readonly found: readonly string[];
  readonly quiet: readonly string[];
}

const pinned = 'npx -y some-mcp@1.2.3';

/** By the rule: configurations that it speaks of, and near ones that it leaves alone. */
const cases: Readonly<Record<string, RuleCase>> = {
  'local-ide': {
    verdict: 'keep',
    found: [
      line('npx -y @jetbrains/mcp-proxy'),
      line('npx -y figma-developer-mcp'),
      line('npx chrome-devtools-mcp@1.0.0'),
      line('uvx blender-mcp'),
    ],
    quiet: [line('npx -y some-mcp /home/you/figma/files'), line(pinned)],
  },
  desktop: {
    verdict: 'keep',
    found: [line('npx -y @wonderwhy-er/desktop-commander'), line('npx applescript-mcp'), line(pinned, 'env_vars = ["DISPLAY"]')],
    quiet: [line(pinned, 'env = { DISPLAY_NAME = "x" }')],
  },
  'docker-engine': {
    verdict: 'keep',
    found: [line('uvx docker-mcp'), line('docker run -v /var/run/docker.sock:/var/run/docker.sock mcp/x'), line('docker compose run x')],
    quiet: [line('docker run -v /home/you/x:/x mcp/x')],
  },
  'git-credentials': {
    verdict: 'keep',
    found: [
      line('uvx mcp-server-git==1.0', 'env_vars = ["SSH_AUTH_SOCK"]'),
      line('gh mcp serve'),
      line(pinned, 'env = { GIT_ASKPASS = "x" }'),
    ],
    quiet: [line('uvx mcp-server-git==1.0 --repository /srv/repo')],
  },
  'cloud-login': {
    verdict: 'keep',
    found: [
      line('uvx awslabs.core-mcp-server==1.0', 'env = { AWS_PROFILE = "dev" }'),
      line('npx kube-mcp@1.0.0 --config /home/you/.kube/config'),
      line('kubectl mcp'),
    ],
    quiet: [line('uvx awslabs.core-mcp-server==1.0', 'env = { AWS_REGION = "eu-central-1" }'), line('npx kube-mcp@1.0.0 --namespace kube')],
  },
  toolchain: {
    verdict: 'keep',
    found: [line('uvx --from serena-agent serena start-mcp-server'), line('gopls mcp'), line('dart mcp-server')],
    quiet: [line('npx -y darts-score-mcp-x@1.0.0').replace('darts-score', 'score')],
  },
  'own-program': {
    verdict: 'keep',
    found: [
      line('python server.py'),
      line('node dist/index.js --x'),
      line('./run'),
      line('uv run server.py'),
      line('cargo run'),
      line('/srv/tools/serve.sh'),
    ],
    quiet: [line(pinned), line('uvx some-mcp==1.0')],
  },
  'own-login': {
    verdict: 'keep',
    found: [url('https://mcp.linear.app/mcp')],
    quiet: [url('https://x.example/mcp', 'bearer_token_env_var = "T"')],
  },
  'unknown-program': { verdict: 'keep', found: [line('some-server --stdio')], quiet: [line(pinned), line('docker run mcp/x')] },
  'literal-secret': {
    verdict: 'move',
    found: [
      line(pinned, `env = { API_KEY = "${secret}" }`),
      line(`${pinned} --api-key ${secret}`),
      line(`docker run -e API_TOKEN=${secret} mcp/x`),
      line(`${pinned} ${['postgres://me:', 'hunter2x@db.example/app'].join('')}`),
      url('https://x.example/mcp', `http_headers = { Authorization = "Bearer ${secret}" }`),
    ],
    quiet: [line(pinned, 'env = { API_KEY = "<your key>", LEVEL = "debug" }'), line(pinned, 'env_vars = ["API_KEY"]')],
  },
  'whole-home': {
    verdict: 'move',
    found: [line(`${pinned} /`), line(`${pinned} /home/you/`), line(`${pinned} --root=~`), line('docker run -v /home/you:/home mcp/x')],
    quiet: [line(`${pinned} /home/you/work`), line(`${pinned} x`)],
  },
  'unpinned-package': {
    verdict: 'move',
    found: [line('npx -y some-mcp'), line('npx some-mcp@latest'), line('uvx some-mcp')],
    quiet: [line(pinned), line('uvx some-mcp==1.0')],
  },
  'wide-container': {
    verdict: 'move',
    found: [
      line('docker run --privileged mcp/x'),
      line('docker run --network host mcp/x'),
      line('docker run --security-opt seccomp=unconfined mcp/x'),
    ],
    quiet: [line('docker run --network none mcp/x')],
  },
  bridge: { verdict: 'move', found: [line('npx mcp-remote@0.1.16 https://x.example/mcp')], quiet: [line('npx mcp-remote@0.1.16')] },
  'container-per-thread': { verdict: 'move', found: [line('docker run -i --rm mcp/x')], quiet: [line('docker exec -i box server')] },
  'runs-as-you': { verdict: 'move', found: [line(pinned)], quiet: [line('npx -y some-mcp')] },
  'token-in-environment': {
    verdict: 'move',
    found: [url('https://x.example/mcp', 'bearer_token_env_var = "T"'), url('https://x.example/mcp', 'env_http_headers = { X-Key = "K" }')],
    quiet: [url('https://x.example/mcp', 'http_headers = { X-Team = "core" }')],
  },
  'shell-command': { verdict: 'keep', found: [line('bash -lc npx'), line('sh -c x')], quiet: [line('bash server')] },
  'plain-http': {
    verdict: 'keep',
    found: [url('http://intranet.example/mcp')],
    quiet: [url('https://intranet.example/mcp'), url('http://localhost:3000/other')],
  },
  'approves-all': {
    verdict: 'move',
    found: [line(pinned, 'default_tools_approval_mode = "approve"')],
    quiet: [line(pinned, 'default_tools_approval_mode = "writes"')],
  },
  'whole-line': {
    verdict: 'keep',
    found: ['[mcp_servers.it]\ncommand = "npx -y some-mcp"\n'],
    quiet: ['[mcp_servers.it]\ncommand = "/opt/my tools/serve"\n'],
  },
};

test('every rule has a case', () => {
  assert.deepEqual(Object.keys(cases).toSorted(), adviceRules.map(({ id }) => id).toSorted());
});

for (const [rule, { verdict, found, quiet }] of Object.entries(cases)) {
  test(`the rule ${rule} speaks of what it is for, and leaves the rest alone`, () => {
    for (const toml of found) {
      const { verdict: given, reasons } = advice(toml);
      assert.ok(
        reasons.some((reason) => reason.rule === rule),
        `${toml}${JSON.stringify(reasons)}`,
      );
      assert.equal(given, verdict, toml);
      assert.ok(!JSON.stringify(reasons).includes(secret), toml);
    }
    for (const toml of quiet) {
      assert.ok(!advice(toml).reasons.some((reason) => reason.rule === rule), toml);
    }
  });
}

test('the gateway and what is turned off need nothing; an entry without command and url is to be corrected', () => {
  assert.deepEqual(advice(line('docker mcp gateway run')), { server: 'it', verdict: 'done', reasons: [], command: null });
  assert.equal(advice(url('http://127.0.0.1:8811/p/x/mcp')).verdict, 'done');
  assert.deepEqual(advice(line('npx -y some-mcp', 'enabled = false')), { server: 'it', verdict: 'off', reasons: [], command: null });
  const broken = advice('[mcp_servers.it]\nargs = []\n');
  assert.deepEqual([broken.verdict, broken.command], ['fix', 'wharf check .codex/config.toml']);
});

test('the command moves it, or keeps it as a program of the user with its secret in the vault', () => {
  const move = advice(line('npx -y some-mcp'));
  assert.equal(move.command, 'wharf client import .codex/config.toml --server it --profile dev');
  const native = advice(line('python server.py', `env = { API_KEY = "${secret}" }`));
  assert.deepEqual([native.verdict, native.command], ['keep', 'wharf client import .codex/config.toml --server it --profile dev --native']);
  assert.equal(advice(line('python server.py')).command, null);
  const named = advice('[mcp_servers."it\'s; rm"]\ncommand = "npx"\nargs = ["some-mcp"]\n', '/home/you/my files/c.toml');
  assert.equal(named.command, "wharf client import '/home/you/my files/c.toml' --server 'it'\\''s; rm' --profile dev");
});

test('docs/commands.md names every rule', () => {
  const text = readFileSync(`${root}/docs/commands.md`, 'utf8');
  assert.deepEqual(
    adviceRules.filter(({ id }) => !text.includes(`\`${id}\``)).map(({ id }) => id),
    [],
  );
});
