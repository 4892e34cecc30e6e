import { hasLettersAndDigits } from './checks.ts';
import { hex, named, token, uuid, type ScanRule } from './rule.ts';

/** Providers of machines, networks and platforms. */
export const cloudRules: readonly ScanRule[] = [
  token('aws-access-token', 'AWS access key id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], /A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}/, {
    entropy: 3,
    check: hasLettersAndDigits,
  }),
  named(
    'aws-secret-access-key',
    'AWS secret access key',
    ['secret_access_key', 'secretaccesskey', 'aws_secret', 'aws.secret'],
    /[\w/+]{40}/,
    {
      entropy: 4,
    },
  ),
  named('aws-session-token', 'AWS session token', ['aws_session_token', 'sessiontoken', 'session_token'], /[\w/+]{100,1500}={0,2}/, {
    entropy: 4.5,
    reach: 1_700,
  }),
  token('aws-amazon-bedrock-api-key-long-lived', 'Amazon Bedrock API key', 'ABSK', /ABSK[A-Za-z0-9+/]{100,260}={0,2}/),
  token(
    'aws-amazon-bedrock-api-key-short-lived',
    'Amazon Bedrock API key',
    'bedrock-api-key-',
    /bedrock-api-key-[A-Za-z0-9+/]{60,3000}={0,2}/,
    {
      reach: 3_100,
    },
  ),
  token('gcp-api-key', 'Google API key', 'AIza', /AIza[\w-]{35}/, { entropy: 3.5 }),
  token('gcp-oauth-client-secret', 'Google OAuth client secret', 'GOCSPX-', /GOCSPX-[\w-]{28}/),
  token('gcp-oauth-access-token', 'Google OAuth access token', 'ya29.', /ya29\.[\w-]{30,1100}(?:\.[\w-]{10,200})?/, { reach: 1_400 }),
  token('gcp-refresh-token', 'Google OAuth refresh token', '1//0', /1\/\/0[\w-]{60,120}/),
  token('azure-ad-client-secret', 'Microsoft Entra client secret', digitsBefore('Q~'), /[\w~.]{3}\dQ~[\w~.-]{31,34}/, {
    lead: 3,
    entropy: 3.5,
  }),
  token('azure-storage-account-key', 'Azure storage account key', 'AccountKey=', /AccountKey=([A-Za-z0-9+/]{86}==)/, { left: 'any' }),
  token('azure-shared-access-key', 'Azure shared access key', 'SharedAccessKey=', /SharedAccessKey=([A-Za-z0-9+/]{43}=)/, {
    left: 'any',
  }),
  token('azure-sas-signature', 'Azure shared access signature', ['&sig=', '?sig='], /[?&]sig=([A-Za-z0-9%+/]{40,70}(?:=|%3[dD]))/, {
    left: 'any',
  }),
  named('azure-openai-api-key', 'Azure AI services key', ['azure_openai', 'ocp-apim-subscription-key'], hex(32)),
  token('azure-api-key', 'Azure AI services key', 'JQQJ99', /[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}/, { lead: 52 }),
  token('digitalocean-pat', 'DigitalOcean personal access token', 'dop_v1_', /dop_v1_[0-9a-f]{64}/),
  token('digitalocean-access-token', 'DigitalOcean OAuth access token', 'doo_v1_', /doo_v1_[0-9a-f]{64}/),
  token('digitalocean-refresh-token', 'DigitalOcean OAuth refresh token', 'dor_v1_', /dor_v1_[0-9a-f]{64}/),
  token('alibaba-access-key-id', 'Alibaba Cloud access key id', 'LTAI', /LTAI[A-Za-z0-9]{16,24}/, {
    entropy: 3.2,
    check: hasLettersAndDigits,
  }),
  named('alibaba-secret-key', 'Alibaba Cloud secret key', ['alibaba', 'aliyun'], /[a-zA-Z0-9]{30}/, { entropy: 3.8 }),
  token('tencent-cloud-secret-id', 'Tencent Cloud secret id', 'AKID', /AKID[A-Za-z0-9]{32}/, { entropy: 3.5 }),
  token('yandex-access-token', 'Yandex Cloud IAM token', 't1.', /t1\.[A-Z0-9a-z_-]{8,200}={0,2}\.[A-Z0-9a-z_-]{86}={0,2}/),
  token('yandex-api-key', 'Yandex Cloud API key', 'AQVN', /AQVN[\w-]{35,38}/, { entropy: 3.5 }),
  token('yandex-aws-access-token', 'Yandex Cloud static key id', 'YCAJE', /YCAJE[\w-]{20}/, { entropy: 3.5 }),
  named('cloudflare-api-key', 'Cloudflare API token', ['cloudflare', 'cf_api_token'], /[\w-]{40}/, {
    entropy: 3.8,
    check: hasLettersAndDigits,
  }),
  named('cloudflare-global-api-key', 'Cloudflare global API key', ['cloudflare', 'x-auth-key'], hex(37)),
  token('cloudflare-origin-ca-key', 'Cloudflare origin CA key', 'v1.0-', /v1\.0-[0-9a-f]{24}-[0-9a-f]{146}/),
  named('linode-access-token', 'Linode access token', ['linode'], hex(64)),
  named('hetzner-api-token', 'Hetzner Cloud API token', ['hcloud', 'hetzner'], /[A-Za-z0-9]{64}/, { entropy: 4 }),
  named('vultr-api-key', 'Vultr API key', ['vultr'], /[A-Z0-9]{36}/, { entropy: 3.8 }),
  named('scaleway-secret-key', 'Scaleway secret key', ['scw_secret', 'scaleway'], uuid),
  named('ibm-cloud-api-key', 'IBM Cloud API key', ['ibmcloud', 'ibm_cloud', 'bluemix'], /[\w-]{44}/, { entropy: 4 }),
  token('openshift-user-token', 'OpenShift user token', 'sha256~', /sha256~[\w-]{43}/, { entropy: 3.5 }),
  named('heroku-api-key', 'Heroku API key', ['heroku'], uuid),
  token('heroku-api-key-v2', 'Heroku API key', 'HRKU-', /HRKU-(?:AA[\w-]{58,64}|[0-9a-f]{8}-[0-9a-f-]{27})/),
  token('flyio-access-token', 'Fly.io access token', ['fm2_', 'fm1r_', 'fm1a_'], /fm(?:2|1[ar])_[A-Za-z0-9+/]{80,1000}={0,3}/, {
    reach: 1_100,
  }),
  named('flyio-access-token', 'Fly.io access token', ['fly_api_token', 'fly_access_token'], /fo1_[\w-]{43}/),
  token('netlify-access-token', 'Netlify access token', ['nfp_', 'nfc_', 'nfo_', 'nfu_'], /nf[pcou]_[A-Za-z0-9]{36}/),
  named('vercel-access-token', 'Vercel access token', ['vercel'], /[A-Za-z0-9]{24}/, { entropy: 3.6, check: hasLettersAndDigits }),
  token('vercel-access-token', 'Vercel access token', ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], /vc[piark]_[A-Za-z0-9]{56}/),
  token('render-api-key', 'Render API key', 'rnd_', /rnd_[A-Za-z0-9]{28,32}/, { entropy: 3.5 }),
  token('deno-deploy-token', 'Deno Deploy token', ['ddp_', 'ddo_', 'ddw_'], /dd[pow]_[A-Za-z0-9]{36}/),
  named('railway-token', 'Railway token', ['railway'], uuid),
  named('fastly-api-token', 'Fastly API token', ['fastly'], /[\w-]{32}/, { entropy: 3.7, check: hasLettersAndDigits }),
  token('scalingo-api-token', 'Scalingo API token', 'tk-us-', /tk-us-[\w-]{48}/),
  token('hashicorp-tf-api-token', 'HCP Terraform API token', '.atlasv1.', /[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}/, { lead: 14 }),
  token('pulumi-api-token', 'Pulumi access token', 'pul-', /pul-[0-9a-f]{40}/),
  token('vault-service-token', 'Vault service token', 'hvs.', /hvs\.[\w-]{24,200}/, { entropy: 3.5 }),
  token('vault-batch-token', 'Vault batch token', 'hvb.', /hvb\.[\w-]{90,300}/),
  token('vault-recovery-token', 'Vault recovery token', 'hvr.', /hvr\.[\w-]{24,200}/, { entropy: 3.5 }),
  named('vault-service-token', 'Vault token', ['vault_token', 'x-vault-token'], /s\.[A-Za-z0-9]{24}/),
  token(
    'doppler-api-token',
    'Doppler token',
    ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    /dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}/,
  ),
  token(
    'infisical-service-token',
    'Infisical service token',
    Array.from('0123456789abcdef', (digit) => `st.${digit}`),
    /st\.[0-9a-f]{24}\.[0-9a-f]{32}\.[0-9a-f]{32}/,
  ),
  token(
    'tailscale-key',
    'Tailscale key',
    'tskey-',
    /tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,20}(?:CNTRL)?-[A-Za-z0-9]{20,48}/,
  ),
  token('ngrok-authtoken', 'ngrok API key', 'ngrok', /ngrok[\w.-]{0,20}[ =:"']{1,4}([12][A-Za-z0-9]{26}_[A-Za-z0-9]{20,22})/, {
    left: 'any',
    glance: 'assigned',
  }),
  token('1password-service-account-token', '1Password service account token', 'ops_eyJ', /ops_eyJ[A-Za-z0-9+/_-]{240,1500}={0,3}/, {
    reach: 1_600,
  }),
  token(
    '1password-secret-key',
    '1Password secret key',
    'A3-',
    /A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}/,
    { entropy: 3.3 },
  ),
  named(
    'bitwarden-access-token',
    'Bitwarden Secrets Manager token',
    ['bws_access_token', 'bitwarden'],
    /0\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.[A-Za-z0-9]{30}:[A-Za-z0-9+/]{22}==/,
  ),
  token(
    'dynatrace-api-token',
    'Dynatrace API token',
    ['dt0c01.', 'dt0s01.', 'dt0s16.'],
    /dt0(?:c01|s01|s16)\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}/,
  ),
  token('prefect-api-token', 'Prefect API token', ['pnu_', 'pnb_'], /pn[ub]_[A-Za-z0-9]{36}/),
  token('harness-api-key', 'Harness API key', ['pat.', 'sat.'], /[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}/),
  token('octopus-deploy-api-key', 'Octopus Deploy API key', 'API-', /API-[A-Z0-9]{26,32}/, { entropy: 3.5, check: hasLettersAndDigits }),
  token('infracost-api-token', 'Infracost API key', 'ico-', /ico-[A-Za-z0-9]{32}/, { entropy: 3.5 }),
  token('defined-networking-api-token', 'Defined Networking token', 'dnkey-', /dnkey-[\w=-]{26}-[\w=-]{52}/),
  token(
    'cisco-meraki-api-key',
    'Cisco Meraki API key',
    'X-Cisco-Meraki-API-Key',
    /X-Cisco-Meraki-API-Key["']?\s{0,2}[:=,]\s{0,2}["']?([0-9a-f]{40})/,
    { glance: 'assigned' },
  ),
  named('cisco-meraki-api-key', 'Cisco Meraki API key', ['meraki'], hex(40)),
];

/** Two characters are too few to look for. */
function digitsBefore(text: string): readonly string[] {
  return Array.from('0123456789', (digit) => digit + text);
}
