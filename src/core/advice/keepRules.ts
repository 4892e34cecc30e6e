import type { Look } from './look.ts';
import type { AdviceRule } from './rules.ts';

/** Names of programs, packages and images, as parts of them. */
function isNamed({ name, args }: Look, pattern: RegExp): boolean {
  return pattern.test(name) || args.some((word) => !word.startsWith('-') && pattern.test(word.toLowerCase()) && !/[/\\:]/.test(word));
}

function variable({ variables }: Look, pattern: RegExp): string | undefined {
  return Object.keys(variables).find((name) => pattern.test(name));
}

const ide =
  /jetbrains|intellij|vscode-mcp|xcode|figma|blender|unity-?mcp|unreal|godot|android-?(?:studio|mcp)|ghidra|ida-pro|obsidian|browsermcp|chrome-devtools/;
const desktop =
  /computer-use|applescript|osascript|desktop-commander|windows-mcp|clipboard|screenshot|apple-mcp|macos|automation-mcp|peekaboo/;
const toolchain = /serena|language-server|lsp-mcp|mcp-lsp|gopls|rust-analyzer|clangd|dart|flutter|cargo-mcp|maven-mcp|gradle-mcp|nx-mcp/;
const engine = /(?:^|[/-])docker-mcp|mcp-server-docker|mcp-docker|testcontainers|docker\/mcp/;
const sshOrGit = /^(?:SSH_AUTH_SOCK|GIT_SSH(?:_COMMAND)?|GIT_ASKPASS|SSH_ASKPASS|GPG_AGENT_INFO|GNUPGHOME)$/;
const cloudVariable =
  /^(?:AWS_PROFILE|AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE|KUBECONFIG|GOOGLE_APPLICATION_CREDENTIALS|CLOUDSDK_CONFIG|AZURE_CONFIG_DIR)$/;
const cloudPlace = /(?:^|[=:])(?:~|\$HOME|\/(?:home|Users)\/[^/]+)\/\.(?:aws|kube|azure|config\/gcloud)(?:\/|$|:)/;
const scripts = /\.(?:py|js|mjs|cjs|ts|mts|rb|php|jar|sh|ps1|exe)$/i;
const runners = ['node', 'python', 'python3', 'deno', 'bun', 'ruby', 'php', 'java', 'tsx', 'ts-node', 'pwsh', 'powershell'];

/** Why a server is better left to Codex: a container would not have what it works with. */
export const keepRules: readonly AdviceRule[] = [
  {
    id: 'local-ide',
    side: 'keep',
    why: (look) => (isNamed(look, ide) ? 'it speaks to an editor or application that runs on this computer' : undefined),
  },
  {
    id: 'desktop',
    side: 'keep',
    why: (look) =>
      isNamed(look, desktop) || variable(look, /^(?:DISPLAY|WAYLAND_DISPLAY)$/) !== undefined
        ? 'it works with your desktop, which no container sees'
        : undefined,
  },
  {
    id: 'docker-engine',
    side: 'keep',
    why: (look) => {
      const hasSocket = look.run?.mounts.some(({ source }) => /(?:docker|podman)\.sock$/.test(source)) === true;
      const isEngine = look.run === undefined && (isNamed(look, engine) || ['docker', 'podman', 'docker-compose'].includes(look.program));
      return hasSocket || isEngine ? 'it commands the container engine, and no profile hands that to a server' : undefined;
    },
  },
  {
    id: 'git-credentials',
    side: 'keep',
    why: (look) => {
      const found = variable(look, sshOrGit);
      const isGit = ['git', 'gh', 'glab'].includes(look.program);
      return found !== undefined || isGit ? `it uses your own git or SSH login (${found ?? look.program})` : undefined;
    },
  },
  {
    id: 'cloud-login',
    side: 'keep',
    why: (look) => {
      const found = variable(look, cloudVariable) ?? look.args.find((word) => cloudPlace.test(word));
      const isTool = ['kubectl', 'aws', 'gcloud', 'az'].includes(look.program);
      return found !== undefined || isTool
        ? `it uses the login of a cloud that lies in your home folder (${found ?? look.program}); with a token of its own it could move`
        : undefined;
    },
  },
  {
    id: 'toolchain',
    side: 'keep',
    why: (look) => (isNamed(look, toolchain) ? "it needs the project's own compilers and tools" : undefined),
  },
  {
    id: 'own-program',
    side: 'keep',
    why: (look) => {
      const isOwn = /^\.{1,2}[\\/]/.test(look.command) || scripts.test(look.command);
      const script = runners.includes(look.program) ? look.args.find((word) => scripts.test(word)) : undefined;
      const isBuilt =
        (look.program === 'uv' && look.package === undefined) ||
        (['cargo', 'go', 'dotnet', 'make', 'npm', 'pnpm', 'yarn', 'just', 'mvn', 'gradle'].includes(look.program) &&
          look.package === undefined);
      return isOwn || script !== undefined || isBuilt
        ? `it is a program of yours (${script ?? look.command}), and has no image; build one, and it can move`
        : undefined;
    },
  },
  {
    id: 'own-login',
    side: 'keep',
    isWeak: true,
    why: ({ server: { transport } }) =>
      transport.kind === 'http' && Object.keys(transport.headers).length === 0
        ? 'it is remote and Codex logs in to it by itself; a profile adds the journal, the scan and one choice of tools for the team'
        : undefined,
  },
  {
    id: 'unknown-program',
    side: 'keep',
    isWeak: true,
    why: (look) =>
      look.program !== '' && look.package === undefined && look.run === undefined
        ? `no container is known for the program "${look.program}"`
        : undefined,
  },
];
