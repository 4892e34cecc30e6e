// The grammar of github.com/distribution/reference: [host[:port]/]path[:tag][@digest].
const hostPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(`^(?:${host}/)?${pathPart}(?:/${pathPart})*(?::${tag})?(?:@${digest})?$`);

const longestReference = 512;

/** Whether a text names an image as Docker understands it, such as `localhost:5000/team/server:1.2@sha256:…`. */
export function isImageReference(text: string): boolean {
  return text.length <= longestReference && reference.test(text);
}

/** Docker's gateway joins the image and the version of a community registry's server with "@", which only digests follow. */
export function taggedImage(image: string): string {
  return image.replace(/@(?!sha256:)([^@/:]+)$/, ':$1');
}

/** `registry/team/everything:1.2@sha256:…` gives `everything`. */
export function nameFromImage(image: string): string {
  const last = image.split('/').at(-1) ?? image;
  return last.split('@')[0]?.split(':')[0] ?? last;
}
