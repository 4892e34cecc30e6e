import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isUnitFor, launchdAgent, systemdUnit, type ServiceSetup } from '../../../src/node/httpServiceUnit.ts';
import { profileHandle } from '../../../src/node/profileHandle.ts';

const setup: ServiceSetup = {
  launcher: '/home/you/.local/share/wharf/bin/wharf',
  port: 8811,
  profiles: [
    { by: 'id', id: 'mine' },
    { by: 'file', path: '/srv/a b/.codex/profiles/dev.yaml' },
  ],
  tokenFile: '/home/you/.local/share/wharf/http-token.env',
  variables: { PATH: '/usr/bin:/bin', WHARF_HOME: '/srv/100% $mine "w"' },
  logFile: '/home/you/.local/share/wharf/http-service.log',
};

test('the unit for systemd is exactly this', () => {
  assert.equal(
    systemdUnit(setup),
    `# Written by Wharf, for Codex over HTTP. "wharf client connect" and "disconnect" rewrite and remove it.
[Unit]
Description=Wharf gateway for Codex
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
Type=exec
ExecStart=/home/you/.local/share/wharf/bin/wharf gateway run --transport streaming --host 127.0.0.1 --port 8811 --profile mine --profile-file "/srv/a b/.codex/profiles/dev.yaml"
EnvironmentFile=/home/you/.local/share/wharf/http-token.env
Environment=PATH=/usr/bin:/bin
Environment="WHARF_HOME=/srv/100%% $mine \\"w\\""
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec=20
OOMPolicy=continue
NoNewPrivileges=yes
LockPersonality=yes
LimitCORE=0

[Install]
WantedBy=default.target
`,
  );
});

test('paths with marks that mean something to systemd are written so that they mean themselves', () => {
  const line = (change: Partial<ServiceSetup>, key: string): string =>
    systemdUnit({ ...setup, profiles: [{ by: 'id', id: 'a' }], ...change })
      .split('\n')
      .find((text) => text.startsWith(`${key}=`)) ?? '';
  const start = 'gateway run --transport streaming --host 127.0.0.1 --port 8811';
  assert.equal(line({ launcher: '/a $b/%h' }, 'ExecStart'), `ExecStart="/a $b/%%h" ${start} --profile a`);
  assert.equal(
    line({ launcher: '/it\'s "w"', profiles: [{ by: 'file', path: '/$x\\y' }] }, 'ExecStart'),
    `ExecStart=/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/it's \\"w\\"" ${start} --profile-file "/$$x\\\\y"`,
  );
  assert.equal(line({ tokenFile: '/a b/[%h]*' }, 'EnvironmentFile'), 'EnvironmentFile=/a b/\\[%%h]\\*');
});

test('the agent for launchd is exactly this: a shell reads the token from its file and becomes the gateway', () => {
  assert.equal(
    launchdAgent({ ...setup, profiles: [{ by: 'file', path: '/a&<b>.yaml' }], variables: { PATH: '/bin' } }),
    `<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by Wharf, for Codex over HTTP. "wharf client connect" and "disconnect" rewrite and remove it. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>dev.wharf.gateway</string>
  <key>ProgramArguments</key>
  <array>
    <string>/bin/sh</string>
    <string>-c</string>
    <string>set -a; . "$0"; exec "$@"</string>
    <string>/home/you/.local/share/wharf/http-token.env</string>
    <string>/home/you/.local/share/wharf/bin/wharf</string>
    <string>gateway</string>
    <string>run</string>
    <string>--transport</string>
    <string>streaming</string>
    <string>--host</string>
    <string>127.0.0.1</string>
    <string>--port</string>
    <string>8811</string>
    <string>--profile-file</string>
    <string>/a&amp;&lt;b&gt;.yaml</string>
  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PATH</key>
    <string>/bin</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>HardResourceLimits</key>
  <dict>
    <key>Core</key>
    <integer>0</integer>
  </dict>
  <key>StandardErrorPath</key>
  <string>/home/you/.local/share/wharf/http-service.log</string>
</dict>
</plist>
`,
  );
});

test('a unit is known by its mark and by the token that it reads', () => {
  for (const text of [systemdUnit(setup), launchdAgent(setup)]) {
    assert.ok(isUnitFor(text, setup.tokenFile));
    assert.ok(!isUnitFor(text, '/srv/other/data/http-token.env'));
    assert.ok(!isUnitFor(text.replace('Written by Wharf', 'Mine'), setup.tokenFile));
  }
});

test('a handle is the id, or the name of a file with 8 digits that differ with its folder', () => {
  assert.equal(profileHandle({ by: 'id', id: 'dev' }), 'dev');
  const one = profileHandle({ by: 'file', path: '/srv/a/.codex/profiles/dev.yaml' });
  assert.match(one, /^dev-[0-9a-f]{8}$/);
  assert.equal(profileHandle({ by: 'file', path: '/srv/b/../a/.codex/profiles/dev.yaml' }), one);
  assert.notEqual(profileHandle({ by: 'file', path: '/srv/b/.codex/profiles/dev.yaml' }), one);
  assert.match(profileHandle({ by: 'file', path: '/srv/a/my team/prod.yml' }), /^prod-[0-9a-f]{8}$/);
  assert.match(profileHandle({ by: 'file', path: '/srv/ü/a b?.yaml' }), /^a-b--[0-9a-f]{8}$/);
});
