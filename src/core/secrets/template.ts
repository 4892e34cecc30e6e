const place = /\$(?:\{([A-Za-z_][A-Za-z0-9_.-]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/** The names that a text with `$NAME` and `${NAME}` wants to be filled in; undefined where a "$" stands for nothing of that kind. */
export function namesInTemplate(text: string): readonly string[] | undefined {
  const names = [...text.matchAll(place)].map((match) => match[1] ?? match[2] ?? '');
  return text.replaceAll(place, '').includes('$') ? undefined : names;
}

/** Puts values into the places of a template, each as it stands. A name without a value is left as it is. */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(place, (whole, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? '';
    return Object.hasOwn(values, name) ? (values[name] ?? '') : whole;
  });
}

/** Each of these texts with the values in it. */
export function fillAll(
  texts: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fillTemplate(text, values)]));
}
