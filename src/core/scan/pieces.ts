/** So much of a value that was cut off is still recognised, and no less. */
const shortestPiece = 8;
const shortestValue = 12;
/** Paths and whole addresses begin as many others do. */
const beginsAsOthers = /^[~./\\]|^[a-z]:\\|:\/\//i;

/** A text without the beginnings and the ends of these values: where a line of a log was cut within one, no scan finds the whole of it. */
export function withoutPieces(text: string, values: readonly string[], mark: string): string {
  return values
    .filter((value) => value.length >= shortestValue && !beginsAsOthers.test(value))
    .reduce((now, value) => withoutEnd(withoutBeginning(now, value, mark), value, mark), text);
}

function withoutBeginning(text: string, value: string, mark: string): string {
  const head = value.slice(0, shortestPiece);
  let shown = text;
  for (let at = shown.indexOf(head); at !== -1; at = shown.indexOf(head, at + mark.length)) {
    let length = shortestPiece;
    while (length < value.length && shown[at + length] === value[length]) {
      length++;
    }
    shown = shown.slice(0, at) + mark + shown.slice(at + length);
  }
  return shown;
}

function withoutEnd(text: string, value: string, mark: string): string {
  const tail = value.slice(-shortestPiece);
  let shown = text;
  for (let at = shown.indexOf(tail); at !== -1; at = shown.indexOf(tail, at + mark.length)) {
    let start = at;
    for (let before = value.length - shortestPiece - 1; start > 0 && before >= 0 && shown[start - 1] === value[before]; before--) {
      start--;
    }
    shown = shown.slice(0, start) + mark + shown.slice(at + shortestPiece);
    at = start;
  }
  return shown;
}
