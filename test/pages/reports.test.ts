/** Every report in Chromium, drawn from hostile data: nothing runs, nothing is fetched, everybody can read it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from '../e2e/world/chromium.ts';
import { reportPages } from '../fixtures/report-pages.ts';

const pictures = fileURLToPath(new URL('../../.ratchet/pages/', import.meta.url));
const names = ['quality', 'drift', 'drift over time', 'validation', 'estimate', 'evaluation', 'model'];
let browser: Browser;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  for (const [name, text] of Object.entries(await reportPages())) writeFileSync(join(pictures, `${name}.html`), text);
  browser = await openChromium();
});
afterAll(() => browser?.close());

interface Opened {
  readonly page: Page;
  /** What went wrong, or was asked of the network. */
  readonly complaints: string[];
}
async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, ...options });
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') || !request.isNavigationRequest()) complaints.push(request.url());
  });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  await page.goto(`file://${join(pictures, `${name}.html`)}`);
  return { page, complaints };
}

describe.each(names)('the report of %s', (name) => {
  it('runs no script of the data, fetches nothing, complains of nothing', async () => {
    const { page, complaints } = await open(name);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(complaints).toEqual([]);
    // The attack is there to be read.
    expect(await page.locator('body').innerText()).toContain('<script>window.attacked=true</script>');
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    await page.close();
  });

  it.each([
    ['light', 390],
    ['dark', 320],
  ] as const)('fits a %s phone of %i pixels', async (colorScheme, width) => {
    const { page } = await open(name, { viewport: { width, height: 800 }, colorScheme });
    await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.screenshot({ path: join(pictures, `${name}-phone-${colorScheme}.png`) });
    await page.close();
  });

  it.each(['light', 'dark'] as const)('is legible in %s', async (colorScheme) => {
    const { page } = await open(name, { colorScheme });
    expect(await page.evaluate(faintTexts)).toEqual([]);
    await page.close();
  });

  it('prints', async () => {
    const { page } = await open(name, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });
});

describe.each(['quality', 'drift', 'drift over time', 'validation', 'estimate', 'evaluation'])(
  'a table of %s',
  (name) => {
    it('sorts by the keyboard alone', async () => {
      const { page } = await open(name);
      const button = page.locator('table:has(thead button) thead th.number button').first();
      await button.focus();
      const values = () =>
        page.evaluate(
          "(() => { const head = document.activeElement.closest('th'); return [...head.closest('table').tBodies[0].rows].map((row) => row.cells[head.cellIndex].dataset.value ?? ''); })()",
        ) as Promise<string[]>;
      const numbers = (texts: string[]) => texts.filter((text) => text !== '').map(Number);
      await page.keyboard.press('Enter');
      const falling = numbers(await values());
      expect(falling).toEqual([...falling].sort((a, b) => b - a));
      await page.keyboard.press('Space');
      const rising = numbers(await values());
      expect(rising).toEqual([...rising].sort((a, b) => a - b));
      expect(await button.locator('xpath=ancestor::th').getAttribute('aria-sort')).toBe('ascending');
      await page.close();
    });
  },
);

it('finds a column by its name', async () => {
  const { page } = await open('drift');
  await page.getByRole('searchbox', { name: 'Find a column' }).fill('column 20');
  expect(await page.locator('tbody tr:visible').filter({ hasText: 'column' }).count()).toBeGreaterThan(0);
  expect(await page.locator('section:has(.find) tbody tr:visible').count()).toBe(1);
  await page.close();
});

/** Texts whose contrast with what is behind them is below WCAG's AA: 4.5, or 3 for large ones. Runs in the page. */
const faintTexts = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (element) => { const layers = []; for (let at = element; at; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor)); return layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((each) => { const c = each / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element || element.closest('script,.unseen') || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const inSvg = element.closest('svg');
    const back = behind(inSvg ? inSvg.parentElement : element);
    const ink = over(rgba(inSvg ? style.fill : style.color), back);
    const [a, b] = [light(ink), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.add(contrast.toFixed(2) + ' ' + element.tagName + '.' + (element.getAttribute('class') ?? '') + ' ' + node.textContent.trim().slice(0, 30));
  }
  return [...found].slice(0, 10);
})()`;
