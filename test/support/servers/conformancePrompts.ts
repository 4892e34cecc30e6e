import type { PromptMessage } from '@modelcontextprotocol/sdk/types.js';

import { onePixelPng } from './conformanceMedia.ts';

export interface ConformancePrompt {
  readonly description: string;
  readonly arguments?: readonly { readonly name: string; readonly description: string; readonly required: boolean }[];
  messages(args: Readonly<Record<string, string>>): PromptMessage[];
}

function user(content: PromptMessage['content']): PromptMessage {
  return { role: 'user', content };
}

function says(text: string): PromptMessage {
  return user({ type: 'text', text });
}

/** The prompts that the suite gets by name. */
export const conformancePrompts: Readonly<Record<string, ConformancePrompt>> = {
  test_simple_prompt: {
    description: 'A prompt without arguments',
    messages: () => [says('This is a simple prompt for testing.')],
  },
  test_prompt_with_arguments: {
    description: 'A prompt with two arguments',
    arguments: [
      { name: 'arg1', description: 'First test argument', required: true },
      { name: 'arg2', description: 'Second test argument', required: true },
    ],
    messages: ({ arg1 = '', arg2 = '' }) => [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  test_prompt_with_embedded_resource: {
    description: 'A prompt with a resource inside',
    arguments: [{ name: 'resourceUri', description: 'URI of the resource to embed', required: true }],
    messages: ({ resourceUri = '' }) => [
      user({ type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } }),
      says('Please process the embedded resource above.'),
    ],
  },
  test_prompt_with_image: {
    description: 'A prompt with an image',
    messages: () => [user({ type: 'image', data: onePixelPng, mimeType: 'image/png' }), says('Please analyze the image above.')],
  },
};
