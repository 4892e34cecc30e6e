import type { Path } from './yamlItems.ts';
import type { Json } from './yamlText.ts';

type Values = Readonly<Record<string, Json>>;

/** Whether two values say the same; the order of keys says nothing. */
export function isSameJson(a: Json, b: Json): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSameJson(item as Json, b[index] as Json));
  }
  if (isValues(a) && isValues(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key] ?? null, b[key] ?? null))
    );
  }
  return a === b;
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((now, step) => {
    if (typeof step === 'number') {
      return Array.isArray(now) ? (now[step] as Json | undefined) : undefined;
    }
    return isValues(now) && Object.hasOwn(now, step) ? now[step] : undefined;
  }, value);
}

export function setIn(value: Json, path: Path, next: Json): Json {
  return replaced(value, path, () => next);
}

export function appendedIn(value: Json, path: Path, item: Json): Json {
  return replaced(value, path, (list) => [...(Array.isArray(list) ? (list as readonly Json[]) : []), item]);
}

export function removedIn(value: Json, path: Path): Json {
  const last = path.at(-1);
  return replaced(value, path.slice(0, -1), (holder) =>
    typeof last === 'number' && Array.isArray(holder)
      ? (holder as readonly Json[]).filter((_, index) => index !== last)
      : fromEntries(Object.entries(isValues(holder) ? holder : {}).filter(([key]) => key !== last)),
  );
}

function replaced(value: Json | undefined, path: Path, next: (before: Json | undefined) => Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) {
    return next(value);
  }
  if (typeof step === 'number') {
    const list = Array.isArray(value) ? (value as readonly Json[]) : [];
    return list.map((item, index) => (index === step ? replaced(item, rest, next) : item));
  }
  const holder = isValues(value) ? value : {};
  const inner = Object.hasOwn(holder, step) ? holder[step] : undefined;
  return fromEntries([...Object.entries(holder).filter(([key]) => key !== step), [step, replaced(inner, rest, next)]]);
}

/** `Object.fromEntries` makes `__proto__` a key like any other. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Values {
  return Object.fromEntries(entries);
}

export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
