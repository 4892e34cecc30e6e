import type { ReadResourceResult, Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';

import { onePixelPng } from './conformanceMedia.ts';

type Contents = ReadResourceResult['contents'][number];

/** The resources that the suite lists and reads. */
export const conformanceResources: readonly Resource[] = [
  { uri: 'test://static-text', name: 'Static text', description: 'A text that never changes', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'Static binary', description: 'An image that never changes', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'Watched', description: 'A text that clients subscribe to', mimeType: 'text/plain' },
];

export const conformanceTemplate: ResourceTemplate = {
  uriTemplate: 'test://template/{id}/data',
  name: 'Data by id',
  description: 'Puts the id into its content',
  mimeType: 'application/json',
};

/** Throws for a URI that is not offered. */
export function readConformanceResource(uri: string): Contents {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { uri, mimeType: 'application/json', text };
  }
  switch (uri) {
    case 'test://static-text':
      return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' };
    case 'test://static-binary':
      return { uri, mimeType: 'image/png', blob: onePixelPng };
    case 'test://watched-resource':
      return { uri, mimeType: 'text/plain', text: 'This is the content of the watched resource.' };
    default:
      throw new Error(`There is no resource ${uri}.`);
  }
}
