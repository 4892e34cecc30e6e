import { decodedBase64, entropyOf, hasLettersAndDigits, isPlaceholder } from './checks.ts';
import { named, token, type ScanRule } from './rule.ts';

/** Whether between the marks of a key there is one: 64 characters of Base64 or more, and not the source of a program. */
function holdsKey(block: string): boolean {
  const inside = block.replace(/-----[^-]{0,60}-----/g, '');
  const lines = inside.match(/[A-Za-z0-9+/=]{32,}/g) ?? [];
  const letters = lines.reduce((sum, line) => sum + line.length, 0);
  return letters >= 64 && entropyOf(lines.join('')) > 4.2;
}

/** Whether the first part of a token says by which algorithm it is signed, as it must (RFC 7515, section 4.1.1). */
function isJwt(secret: string): boolean {
  const [header, payload] = secret.split('.', 2).map(decodedBase64);
  return (
    header !== undefined &&
    /^\{.{0,600}"alg"\s{0,4}:/s.test(header) &&
    payload?.startsWith('{') === true &&
    !isPlaceholder(secret.slice(-20))
  );
}

function isVaried(secret: string): boolean {
  return hasLettersAndDigits(secret) && /[a-z]/.test(secret) && !/^[a-z]+(?:[-_.][a-z]+)*\d?$/i.test(secret);
}

const pemReach = 16_400;

/** Keys as such, and what is known only by the name before it. */
export const keyRules: readonly ScanRule[] = [
  token(
    'private-key',
    'Private key',
    'PRIVATE KEY',
    /-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----(?:(?:[^-]|-(?!----)){64,16000}-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]{64,16000})/,
    { lead: [11, 35], reach: pemReach, entropy: 3, check: holdsKey, left: 'any', right: 'any', glance: 'none' },
  ),
  token(
    'putty-private-key',
    'PuTTY private key',
    'PuTTY-User-Key-File-',
    /PuTTY-User-Key-File-\d: (?:[^P]|P(?!uTTY-U)){60,6000}?Private-MAC: [0-9a-f]{40,64}/,
    { reach: 6_200, entropy: 3, glance: 'none' },
  ),
  token('age-secret-key', 'age secret key', 'AGE-SECRET-KEY-1', /AGE-SECRET-KEY-1[0-9A-Z]{58}/),
  token('age-secret-key', 'age post-quantum secret key', 'AGE-SECRET-KEY-PQ-1', /AGE-SECRET-KEY-PQ-1[0-9A-Z]{58,64}/),
  token('jwt', 'JSON Web Token', 'eyJ', /eyJ[A-Za-z0-9_-]{14,1000}\.eyJ[A-Za-z0-9_-]{14,6000}\.[A-Za-z0-9_-]{20,1400}/, {
    reach: 8_500,
    entropy: 4,
    check: isJwt,
  }),
  token('jwt-base64', 'JSON Web Token in Base64', ['ZXlK'], /ZXlK[A-Za-z0-9+/]{100,8000}={0,2}/, {
    reach: 8_100,
    entropy: 4.5,
    left: 'run',
    check: (secret) => isJwt(decodedBase64(secret)),
  }),
  token('pkcs12-file', 'PKCS #12 in Base64', 'MII', /MII[A-Z][A-Za-z0-9+/]{1,3}IBAzCC[A-Za-z0-9+/]{200,8000}={0,2}/, {
    reach: 8_300,
    left: 'run',
  }),
  token('stellar-secret-seed', 'Stellar secret seed', 'stellar', /stellar[\w .-]{0,20}["']?\s{0,2}[:=]\s{0,2}["']?(S[A-Z2-7]{55})/, {
    left: 'any',
    glance: 'assigned',
  }),
  named('ethereum-private-key', 'Ethereum private key', ['private_key', 'privatekey', 'deployer_key', 'wallet_key'], /0x[0-9a-f]{64}/),
  named('wireguard-private-key', 'WireGuard key', ['privatekey', 'presharedkey'], /[A-Za-z0-9+/]{43}=/, { entropy: 4 }),
  token('django-secret-key', 'Django secret key', 'django-insecure-', /django-insecure-[\w!@#$%^&*()=+-]{50}/, { glance: 'none' }),
  named('rails-secret-key-base', 'Rails secret key base', ['secret_key_base'], /[0-9a-f]{128}/),
  named('rails-master-key', 'Rails master key', ['rails_master_key'], /[0-9a-f]{32}/),
  named('laravel-app-key', 'Laravel application key', ['app_key'], /base64:[A-Za-z0-9+/]{43}=/),
  named(
    'sidekiq-secret',
    'Sidekiq credential',
    ['bundle_enterprise__contribsys__com', 'bundle_gems__contribsys__com'],
    /[0-9a-f]{8}:[0-9a-f]{8}/,
    { entropy: 2.5 },
  ),
  token(
    'curl-auth-user',
    'Credentials of a curl command',
    ['curl '],
    /curl [^\n"']{0,200}?(?:-u|--user)[ =]["']?([^\s:"']{1,60}:[^\s:"']{6,80})/,
    {
      left: 'any',
      knows: 'guess',
      entropy: 3.4,
      check: (secret) => isVaried(secret) && !isPlaceholder(secret) && !/[$<{]/.test(secret),
      glance: 'none',
    },
  ),
  token('http-basic-auth', 'Basic authorization', ['basic ', 'Basic '], /[Bb]asic ([A-Za-z0-9+/]{24,400}={0,2})/, {
    reach: 420,
    knows: 'guess',
    entropy: 3.8,
    check: isVaried,
  }),
  token('http-bearer-token', 'Bearer authorization', ['bearer ', 'Bearer '], /[Bb]earer ([\w.~+/-]{24,1000}={0,2})/, {
    knows: 'guess',
    entropy: 3.8,
    reach: 1_100,
    check: isVaried,
  }),
  token(
    'docker-config-auth',
    'Registry login of Docker',
    ['"auth"', String.raw`\"auth\"`],
    /"auth"\s{0,4}:\s{0,4}"([A-Za-z0-9+/]{16,1200}={0,2})"/,
    {
      left: 'any',
      knows: 'guess',
      reach: 1_300,
      check: hasLettersAndDigits,
      glance: 'assigned',
    },
  ),
  named(
    'generic-api-key',
    'Key or token, by the name before it',
    [
      'api_key',
      'apikey',
      'api-key',
      'secret_key',
      'secretkey',
      'secret-key',
      'access_key',
      'access-key',
      'accesskey',

      'client_secret',
      'client-secret',
      'clientsecret',
      'auth_token',
      'auth-token',
      'authtoken',
      'access_token',
      'access-token',
      'accesstoken',
      'refresh_token',
      'api_token',
      'api-token',
      'apitoken',
      'api_secret',
      'app_secret',
      'signing_key',
      'encryption_key',
      'webhook_secret',
      'private_token',
      'session_secret',
      'jwt_secret',
      '_token',
      '_secret',
    ],
    /[A-Za-z0-9][\w.=+/~-]{18,126}[A-Za-z0-9=]/,
    { knows: 'guess', entropy: 3.7, check: isVaried },
  ),
  named(
    'generic-password',
    'Password, by the name before it',
    ['password', 'passwd', 'passphrase', '_pwd'],
    /[^\s"'`<>\\,;(){}[\]$]{10,64}/,
    {
      knows: 'guess',
      entropy: 3.2,
      check: (secret) => isVaried(secret) && /[^A-Za-z]\w*[^A-Za-z]/.test(secret),
    },
  ),
];
