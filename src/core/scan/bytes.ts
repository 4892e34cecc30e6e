/** The bytes of ASCII text; of every other character the low byte. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    bytes[at] = text.charCodeAt(at);
  }
  return bytes;
}

/** Half a character becomes the sign for what cannot be read. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

/** UTF-8. What is no well-formed text is replaced as the platform's encoder does. */
export function utf8Bytes(text: string): Uint8Array {
  if (!/[\u0080-\uffff]/.test(text)) {
    return asciiBytes(text);
  }
  return asciiBytes(
    encodeURIComponent(wellFormed(text)).replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))),
  );
}

/** Bytes as text, one character for each (ISO 8859-1). */
export type Latin1 = (bytes: Uint8Array, start: number, end: number) => string;

const stretch = 4_096;

/** Works anywhere; the platform's own is faster. */
export const latin1: Latin1 = (bytes, start, end) => {
  let text = '';
  for (let at = start; at < end; at += stretch) {
    // A spread would go through the bytes one by one.
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, Math.min(end, at + stretch)));
  }
  return text;
};

/** UTF-8 bytes as text; as they stand where they are none. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  const text = latin1(bytes, start, end);
  try {
    return decodeURIComponent(text.replace(/[%\u0080-\u00ff]/g, (letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`));
  } catch {
    return text;
  }
}
