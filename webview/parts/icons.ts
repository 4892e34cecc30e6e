const svg = 'http://www.w3.org/2000/svg';

/** Strokes on a 16 by 16 field. Statuses differ in shape, not in colour alone. */
const shapes = {
  ok: ['M3 8.5 6.5 12 13 4.5'],
  error: ['M8 1.75a6.25 6.25 0 1 1 0 12.5 6.25 6.25 0 0 1 0-12.5', 'M5.6 5.6l4.8 4.8', 'M10.4 5.6l-4.8 4.8'],
  blocked: ['M8 1.75a6.25 6.25 0 1 1 0 12.5 6.25 6.25 0 0 1 0-12.5', 'M3.6 12.4 12.4 3.6'],
  cancelled: ['M3 8h10'],
  running: ['M8 1.75A6.25 6.25 0 1 1 1.75 8'],
  finding: ['M3.5 14.5v-13', 'M3.5 2.5h9l-2.5 3 2.5 3h-9'],
  pause: ['M5.5 3v10', 'M10.5 3v10'],
  resume: ['M4.5 2.75v10.5L13 8z'],
  clear: ['M8 1.75a6.25 6.25 0 1 1 0 12.5 6.25 6.25 0 0 1 0-12.5', 'M3.6 3.6l8.8 8.8'],
  close: ['M3.75 3.75l8.5 8.5', 'M12.25 3.75l-8.5 8.5'],
  copy: ['M5.5 5.5h8v8h-8z', 'M10.5 5.5v-3h-8v8h3'],
  warning: ['M8 2 14.5 13.75h-13z', 'M8 6.5v3.5', 'M8 11.75v.5'],
  down: ['M8 3v10', 'M3.75 8.75 8 13l4.25-4.25'],
} as const;

export type IconName = keyof typeof shapes;

/** A picture that stands beside words, so it is hidden from screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const root = document.createElementNS(svg, 'svg');
  root.setAttribute('viewBox', '0 0 16 16');
  root.setAttribute('class', `icon icon-${name}`);
  root.setAttribute('aria-hidden', 'true');
  for (const shape of shapes[name]) {
    const path = document.createElementNS(svg, 'path');
    path.setAttribute('d', shape);
    root.append(path);
  }
  return root;
}
