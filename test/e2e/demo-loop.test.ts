/** `npm run demo:loop` to its end: it asserts what it promises itself, and its page can be read by everybody. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChromium } from './world/chromium.ts';
import { projectFolder, ratchetIn, type Said, sources } from './world/ratchet.ts';

const pictures = join(projectFolder, 'pictures');
let browser: Browser;
let said: Said;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await openChromium();
  // Its own project lies below the clone, not below the suite's.
  said = await ratchetIn(sources, {}, 'demo', '--loop');
});
afterAll(() => browser?.close());

test('every trigger kind, what holds back, both ends of a promotion are seen', () => {
  expect(said.code, `${said.stdout}${said.stderr}`).toBe(0);
  const seen = said.stdout.slice(said.stdout.indexOf('What was to be seen'));
  expect(seen.match(/^✓/gm)).toHaveLength(10);
  for (const kind of ['newRows', 'drift', 'performance', 'schedule', 'codeChange'])
    expect(seen).toMatch(new RegExp(`^✓ +${kind} started a run`, 'm'));
});

test('the timeline names the workflow and the schedule that each trigger came from', () => {
  expect(said.stdout).toContain(
    'from watch/flights-monthly-2013-04-01T06:00:00Z, started by the schedule watch/flights-monthly',
  );
  expect(said.stdout).toContain(
    'from fire/flights-monthly/0_3_10_7_*_UTC-2013-07-10T03:00:00Z, started by the schedule fire/flights-monthly/0_3_10_7_*_UTC',
  );
});

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
  ['dark', 390],
] as const)('its page fits %s at %i pixels, asks for nothing, and tells the same', async (colorScheme, width) => {
  const path = /^Timeline {2}file:\/\/(.*)$/m.exec(said.stdout)?.[1];
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  page.on('request', (request) => void (request.isNavigationRequest() || complaints.push(request.url())));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`file://${path}`);
  expect(complaints).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  const text = (await page.locator('body').textContent()) ?? '';
  expect(text).toContain('watch/flights-monthly-2013-04-01T06:00:00Z, started by the schedule watch/flights-monthly');
  expect(text).toMatch(/turned out worse: roc_auc/);
  await page.screenshot({ path: join(pictures, `demo-loop-${colorScheme}-${width}.png`), fullPage: true });
  await page.close();
});
