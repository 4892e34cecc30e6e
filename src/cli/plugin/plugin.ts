/* What `wharf plugin` and the completion of shells need: a bundle of its own. */
export { complete } from './complete.ts';
export { completionScript } from './completionScript.ts';
export { installPlugin, removePlugin } from './installPlugin.ts';
