import { isValues, textOf, type Values } from './serverShape.ts';

/** `-v`, `--mount`, `-u`: what a package wants of the container engine. Anything else it wants is not granted. */
const mountFlags = ['-v', '--volume'];
const userFlags = ['-u', '--user'];

/** Turns what a community registry calls inputs into what Docker's catalogues have: settings, secrets, and templates that name them. */
export class Inputs {
  private readonly server: string;
  private readonly settings = new Map<string, Values>();
  private readonly required = new Set<string>();
  private readonly secrets = new Map<string, string>();

  constructor(server: string) {
    this.server = server;
  }

  /** What was named on the way, as Docker's `config` and `secrets`. */
  declared(): Values {
    const schema = {
      name: this.server,
      type: 'object',
      description: `Configuration for ${this.server}`,
      properties: Object.fromEntries(this.settings),
      ...(this.required.size === 0 ? {} : { required: [...this.required] }),
    };
    const secrets = [...this.secrets].map(([name, env]) => ({ name, env }));
    return { ...(this.settings.size === 0 ? {} : { config: [schema] }), ...(secrets.length === 0 ? {} : { secrets }) };
  }

  /** Variables; a secret is one by being declared. */
  variables(list: readonly Values[]): readonly Values[] {
    return list.flatMap((variable) => {
      const name = textOf(variable, 'name');
      const value = this.valueOf(variable);
      if (value === '' && isSecret(variable)) {
        this.secret(name, name);
        return [];
      }
      if (value === '' && (isRequired(variable) || textOf(variable, 'description') !== '')) {
        return [{ name, value: this.setting(name, variable) }];
      }
      return [{ name, value: value || textOf(variable, 'default') }];
    });
  }

  headers(list: readonly Values[]): Readonly<Record<string, string>> {
    return Object.fromEntries(
      list.flatMap((header) => {
        const name = textOf(header, 'name');
        const value = this.valueOf(header);
        if (value === '' && isSecret(header)) {
          return [[name, this.secret(name, variableName(name))]];
        }
        const other = value || textOf(header, 'default');
        return other === '' && !isRequired(header) ? [] : [[name, other === '' ? this.setting(name, header) : other]];
      }),
    );
  }

  /** The words of a command: `NAME=VALUE` for a named one, as Docker writes it. */
  words(list: readonly Values[]): readonly string[] {
    return list.flatMap((argument) => {
      const value = this.valueOf(argument) || textOf(argument, 'default');
      const name = textOf(argument, 'type') === 'named' ? textOf(argument, 'name') : '';
      const word = name === '' ? value : value === '' ? name : `${name}=${value}`;
      return word === '' ? [] : [word];
    });
  }

  runtime(list: readonly Values[]): { readonly volumes: readonly string[]; readonly user: string } {
    const volumes: string[] = [];
    let user = '';
    for (const argument of list) {
      const value = this.valueOf(argument);
      const name = textOf(argument, 'name');
      if (name === '--mount') {
        volumes.push(mountOf(value));
      } else if (mountFlags.includes(name)) {
        volumes.push(value);
      } else if (userFlags.includes(name)) {
        user ||= value;
      }
    }
    return { volumes: volumes.filter((volume) => volume !== ''), user };
  }

  private valueOf(input: Values): string {
    return this.filledIn(textOf(input, 'value'), input['variables']);
  }

  /** `{name}` becomes the template of a setting, or of a secret's variable. */
  filledIn(text: string, variables: unknown): string {
    if (!isValues(variables)) {
      return text;
    }
    return text.replaceAll(/\{([\w.-]+)\}/g, (whole, name: string) => {
      const input = Object.hasOwn(variables, name) ? variables[name] : undefined;
      return !isValues(input) ? whole : isSecret(input) ? this.secret(name, variableName(name)) : this.setting(name, input);
    });
  }

  private secret(name: string, env: string): string {
    this.secrets.set(`${this.server}.${name}`, env);
    return `\${${env}}`;
  }

  private setting(name: string, input: Values): string {
    const format = textOf(input, 'format');
    const type = format === 'number' || format === 'boolean' ? format : 'string';
    const choices = Array.isArray(input['choices']) && input['choices'].length > 0 ? { enum: input['choices'] as unknown } : {};
    this.settings.set(name, { type, description: textOf(input, 'description'), ...choices });
    if (isRequired(input) && textOf(input, 'default') === '') {
      this.required.add(name);
    }
    return `{{${this.server}.${name}${fallback(textOf(input, 'default'))}}}`;
  }
}

/** A default that the template language can say. */
function fallback(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? `|or:${value}` : '';
}

function isSecret(input: Values): boolean {
  return input['isSecret'] === true || input['is_secret'] === true;
}

function isRequired(input: Values): boolean {
  return input['isRequired'] === true || input['is_required'] === true;
}

function variableName(name: string): string {
  return name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d)/, '_');
}

/** `type=bind,src=A,dst=B` is `A:B`. */
function mountOf(value: string): string {
  const parts = new Map(
    value.split(',').map((part) => [part.slice(0, Math.max(0, part.indexOf('='))), part.slice(part.indexOf('=') + 1)] as const),
  );
  const from = parts.get('src') ?? parts.get('source');
  const to = parts.get('dst') ?? parts.get('destination') ?? parts.get('target');
  const isReadOnly = value.split(',').some((part) => /^(?:ro|readonly)(?:=true|=1)?$/.test(part));
  return from === undefined || to === undefined ? value : `${from}:${to}${isReadOnly ? ':ro' : ''}`;
}
