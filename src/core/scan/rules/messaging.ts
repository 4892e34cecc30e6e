import { hasLettersAndDigits } from './checks.ts';
import { hex, named, token, uuid, type ScanRule } from './rule.ts';

/** Chat, mail, telephony. */
export const messagingRules: readonly ScanRule[] = [
  token('slack-bot-token', 'Slack bot token', 'xoxb-', /xoxb-\d{10,13}-\d{10,13}-[A-Za-z0-9]{20,34}/),
  token('slack-legacy-bot-token', 'Slack legacy bot token', 'xoxb-', /xoxb-\d{8,14}-[A-Za-z0-9]{18,26}/),
  token('slack-user-token', 'Slack user token', ['xoxp-', 'xoxe-'], /xox[pe]-(?:\d{10,13}-){3}[A-Za-z0-9-]{28,34}/),
  token('slack-legacy-token', 'Slack legacy token', ['xoxo-', 'xoxs-'], /xox[os]-\d{6,13}-\d{6,13}-\d{6,13}-[0-9a-f]{6,40}/),
  token('slack-legacy-workspace-token', 'Slack legacy workspace token', ['xoxa-', 'xoxr-'], /xox[ar]-(?:\d-)?[0-9a-zA-Z]{8,48}/, {
    entropy: 3,
  }),
  token('slack-app-token', 'Slack app token', 'xapp-', /xapp-\d-[A-Z0-9]{8,14}-\d{8,14}-[0-9a-z]{60,68}/),
  token('slack-config-access-token', 'Slack configuration token', ['xoxe.xoxb-', 'xoxe.xoxp-'], /xoxe\.xox[bp]-\d-[A-Za-z0-9-]{140,180}/),
  token('slack-config-refresh-token', 'Slack configuration refresh token', 'xoxe-', /xoxe-\d-[A-Za-z0-9-]{140,150}/),
  token('slack-client-cookie', 'Slack session token', 'xoxc-', /xoxc-\d{10,13}-\d{10,13}-\d{10,13}-[0-9a-f]{64}/),
  token(
    'slack-webhook-url',
    'Slack webhook address',
    'hooks.slack.com/',
    /(?:https?:\/\/)?hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{40,60}/,
    {
      lead: [0, 8],
    },
  ),
  token(
    'discord-webhook-url',
    'Discord webhook address',
    ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    /(?:https:\/\/)?discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,72}/,
    {
      lead: [0, 8],
    },
  ),
  named('discord-api-token', 'Discord bot token', ['discord'], /[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}/),
  named('discord-client-secret', 'Discord client secret', ['discord'], /[A-Za-z0-9_-]{32}/, { entropy: 3.8, check: hasLettersAndDigits }),
  token('telegram-bot-api-token', 'Telegram bot token', ':AA', /\d{8,10}:AA[\w-]{33}/, { lead: [8, 10], entropy: 3.5 }),
  token(
    'microsoft-teams-webhook',
    'Microsoft Teams webhook address',
    '.webhook.office.com/webhookb2/',
    /\.webhook\.office\.com\/webhookb2\/([0-9a-f-]{36}@[0-9a-f-]{36}\/IncomingWebhook\/[0-9a-f]{32}\/[0-9a-f-]{36})/,
    {
      left: 'any',
    },
  ),
  token(
    'twilio-api-key',
    'Twilio API key',
    Array.from('0123456789abcdef', (digit) => `SK${digit}`),
    /SK[0-9a-f]{32}/,
    { entropy: 3 },
  ),
  named('twilio-auth-token', 'Twilio auth token', ['twilio'], hex(32)),
  token('sendgrid-api-token', 'SendGrid API key', 'SG.', /SG\.[\w-]{22}\.[\w-]{43}/),
  token('mailgun-private-api-token', 'Mailgun API key', 'key-', /key-[0-9a-f]{32}/, { glance: 'letters' }),
  named('mailgun-signing-key', 'Mailgun key', ['mailgun'], /[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}/),
  named('mailchimp-api-key', 'Mailchimp API key', ['mailchimp'], /[0-9a-f]{32}-us\d{1,2}/),
  token('mandrill-api-key', 'Mandrill API key', 'md-', /md-[A-Za-z0-9_-]{22}/, { entropy: 4, check: hasLettersAndDigits }),
  token('sendinblue-api-token', 'Brevo API key', ['xkeysib-', 'xsmtpsib-'], /x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}/),
  token('resend-api-key', 'Resend API key', 're_', /re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}/, {
    entropy: 3.8,
    check: hasLettersAndDigits,
    glance: 'letters',
  }),
  named('postmark-api-token', 'Postmark server token', ['postmark'], uuid),
  named('mattermost-access-token', 'Mattermost access token', ['mattermost'], /[a-z0-9]{26}/, { entropy: 3.5, check: hasLettersAndDigits }),
  named('messagebird-api-token', 'MessageBird API key', ['messagebird', 'message_bird'], /[a-z0-9]{25}/, {
    entropy: 3.5,
    check: hasLettersAndDigits,
  }),
  named('intercom-api-key', 'Intercom API key', ['intercom'], /[a-z0-9=_-]{60}/, { entropy: 3.8 }),
  token('onesignal-api-key', 'OneSignal API key', 'os_v2_', /os_v2_(?:app|org)_[a-z2-7]{100,112}/),
  token('matrix-access-token', 'Matrix access token', 'syt_', /syt_[A-Za-z0-9+/=]{4,60}_[A-Za-z0-9]{20}_[A-Za-z0-9]{6}/),
  named('gitter-access-token', 'Gitter access token', ['gitter'], /[\w-]{40}/, { entropy: 3.8, check: hasLettersAndDigits }),
  token('sendbird-access-token', 'Sendbird API token', 'sendbird', /sendbird[\w.-]{0,20}["']?\s{0,2}[:=]\s{0,2}["']?([0-9a-f]{40})/, {
    left: 'any',
    glance: 'assigned',
  }),
  named('zoom-client-secret', 'Zoom client secret', ['zoom_client', 'zoom_secret', 'zoom_api'], /[A-Za-z0-9]{32}/, { entropy: 4 }),
  named('vonage-api-secret', 'Vonage API secret', ['vonage', 'nexmo'], /[A-Za-z0-9]{16}/, { entropy: 3.5, check: hasLettersAndDigits }),
  token('facebook-access-token', 'Facebook access token', 'EAA', /EAA(?:M|C|G|B|D|L)[A-Za-z0-9]{90,250}/, { entropy: 4 }),
  named('facebook-secret', 'Facebook app secret', ['facebook', 'fb_app_secret'], hex(32)),
  token('twitter-bearer-token', 'X (Twitter) bearer token', 'AAAAAAAAAAAAAAAAAAAAA', /A{21,22}[B-Zb-z0-9%][A-Za-z0-9%]{60,100}/, {
    entropy: 3.5,
  }),
  named('twitter-access-token', 'X (Twitter) access token', ['twitter'], /\d{15,25}-[A-Za-z0-9]{20,40}/),
  named('twitter-access-secret', 'X (Twitter) secret', ['twitter'], /[A-Za-z0-9]{45,50}/, { entropy: 4 }),
  named('twitch-api-token', 'Twitch token', ['twitch'], /[a-z0-9]{30}/, { entropy: 3.6, check: hasLettersAndDigits }),
  named(
    'linkedin-client-secret',
    'LinkedIn client secret',
    ['linkedin'],
    /[A-Za-z0-9]{16}|WPL_AP1\.[A-Za-z0-9]{16}\.[A-Za-z0-9+/=]{6,10}/,
    {
      entropy: 3.4,
      check: hasLettersAndDigits,
    },
  ),
  named('spotify-client-secret', 'Spotify client secret', ['spotify'], hex(32)),
];
