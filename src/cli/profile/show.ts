import { profileJson } from '../../core/profile/profileJson.ts';
import type { Locations } from '../../node/locations.ts';
import { visibleJson } from '../../shared/visibleText.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, printFile } from '../output.ts';
import { openProfile } from './target.ts';

/** Prints a profile as its file has it, or as JSON with every key. */
export async function showProfile(locations: Locations, given: string, format: ListFormat): Promise<number> {
  const target = await openProfile(locations, given);
  if (!target.ok) {
    return complain(target.problem);
  }
  const { text } = target.value.file;
  printFile(format === 'json' ? visibleJson(profileJson(text)) : text.endsWith('\n') ? text : `${text}\n`);
  return exitCodes.ok;
}
