import type { Page } from 'playwright-core';

/**
 * The visible texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), as `text: ratio`.
 * Disabled buttons are exempt there.
 */
export function poorContrasts(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    type Colour = readonly [number, number, number, number];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parse = (text: string): Colour => {
      if (canvas === null) {
        throw new Error('This browser has no canvas.');
      }
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = (top: Colour, under: Colour): Colour => {
      const mix = (index: 0 | 1 | 2): number => top[index] * top[3] + under[index] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const backgroundOf = (element: Element): Colour => {
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 || element.parentElement === null ? own : over(own, backgroundOf(element.parentElement));
    };
    const luminance = (colour: Colour): number => {
      const linear = (value: number): number => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
    };
    const poor = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (element === null || text === '' || element.closest('button:disabled, script, .unseen') !== null || !element.checkVisibility()) {
        continue;
      }
      const background = backgroundOf(element);
      const front = luminance(over(parse(getComputedStyle(element).color), background));
      const back = luminance(background);
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (ratio < 4.5) {
        poor.add(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
      }
    }
    return [...poor];
  });
}
