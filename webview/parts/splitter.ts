import { element } from '../dom.ts';

/** The line between list and details. `move` gets the list's share of the room, from 0 to 1. */
export class Splitter {
  readonly element = element('div', { class: 'splitter', role: 'separator', tabindex: '0', 'aria-label': 'Size of the list' });
  readonly #stacked = window.matchMedia('(max-width: 699px)');
  #split = 0.5;

  constructor(move: (split: number) => void, firstSplit: number) {
    this.element.setAttribute('aria-valuemin', '15');
    this.element.setAttribute('aria-valuemax', '85');
    this.element.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener('pointermove', (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) {
        move(this.#shareAt(event));
      }
    });
    this.element.addEventListener('dblclick', () => move(firstSplit));
    this.element.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -0.05, ArrowUp: -0.05, ArrowRight: 0.05, ArrowDown: 0.05, Home: -1, End: 1 }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        move(this.#split + step);
      }
    });
    const turned = (): void => this.element.setAttribute('aria-orientation', this.#stacked.matches ? 'horizontal' : 'vertical');
    this.#stacked.addEventListener('change', turned);
    turned();
  }

  update(split: number): void {
    this.#split = split;
    this.element.setAttribute('aria-valuenow', String(Math.round(split * 100)));
  }

  #shareAt(event: PointerEvent): number {
    const room = this.element.parentElement?.getBoundingClientRect();
    if (room === undefined) {
      return this.#split;
    }
    return this.#stacked.matches ? (event.clientY - room.top) / room.height : (event.clientX - room.left) / room.width;
  }
}
