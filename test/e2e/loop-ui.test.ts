/** A loop in Temporal's Web UI: found by pipeline, state and trigger; its page says how it stands, and why. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal, type Temporal } from '#adapters/temporal/connection.ts';
import { loopStatus, tellLoop } from '#adapters/temporal/loops.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { openChromium } from './world/chromium.ts';
import { oneStepSource } from './world/pipelines.ts';
import { projectFolder, ratchet, until } from './world/ratchet.ts';
import { temporalUi } from './world/temporal-ui.ts';

const name = `seen-${process.pid}`;
const folder = join(projectFolder, 'pipelines', name);
const pictures = join(projectFolder, 'pictures');

let browser: Browser;
let page: Page;
let temporal: Temporal;
beforeAll(async () => {
  browser = await openChromium();
  page = await browser.newPage({ viewport: { width: 1500, height: 1100 } });
  temporal = await connectTemporal({ ...connectionSettings(projectFolder).temporal, env: {} });
  mkdirSync(pictures, { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pipeline.ts'), oneStepSource(name, triggers));
  const deployed = await ratchet('deploy', '--json');
  expect(deployed.code, deployed.stderr).toBe(0);
});
afterAll(async () => {
  await browser?.close();
  await temporal?.close();
  rmSync(folder, { recursive: true, force: true });
  // Takes its loop and schedule down.
  await ratchet('deploy');
});

const triggers =
  "any(newRows({ atLeast: 1_000 }), drift({ share: 0.3 }), schedule('0 2 * * 1', { timezone: 'Europe/Berlin' }))";

const text = async (place: Page | Frame) =>
  (
    await place
      .locator('body')
      .allInnerTexts()
      .catch(() => [])
  ).join('\n');

const listed = (query: string) =>
  `${temporalUi(projectFolder)}/namespaces/default/workflows?query=${encodeURIComponent(query)}`;

/** Opens the listing until the id is in it (the listing lags behind a moment), and leaves a picture. */
async function findBy(query: string, id: string): Promise<void> {
  await until(async () => {
    await page.goto(listed(query));
    const link = page.getByRole('link', { name: id, exact: true }).first();
    return link.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    );
  });
}

/** The loop's current details, as the page shows them. */
async function details(holds: (shown: string) => boolean, picture: string): Promise<string> {
  const link = page.getByRole('link', { name: `loop/${name}`, exact: true }).first();
  await link.click();
  await page.waitForURL(/\/workflows\/loop/);
  await page.goto(page.url().replace(/\/(timeline|history)\b.*$/, '/user-metadata'));
  const shown = await until(async () => (await Promise.all(page.frames().map(text))).find(holds));
  await page.screenshot({ path: join(pictures, picture), fullPage: true });
  return shown;
}

const tell = (id: string, rows: number) =>
  tellLoop(temporal.client, { pipeline: name }, 'dataArrived', { id, rows, at: new Date().toISOString() });

test('one that was deployed and never told anything is idle, and says what would make it fire', async () => {
  await findBy(`RatchetPipeline="${name}" AND RatchetState="idle"`, `loop/${name}`);
  await page.screenshot({ path: join(pictures, 'loop-idle-listed.png') });
  const shown = await details((words) => words.includes('What would make it fire'), 'loop-idle.png');
  expect(shown).toMatch(/idle/);
  expect(shown).toMatch(/newRows: atLeast 1000/);
  expect(shown).toMatch(/schedule: cron 0 2 \* \* 1, timezone Europe\/Berlin/);
});

test('one that gathers rows says how many it lacks, and that it decided not to', async () => {
  await tell('first', 400);
  await findBy(`RatchetPipeline="${name}" AND RatchetState="collecting"`, `loop/${name}`);
  const shown = await details((words) => /What would make it fire/.test(words), 'loop-collecting.png');
  expect(shown).toMatch(/collecting/);
  expect(shown).toMatch(/400 of 1,?000/);
});

test('its run is found by the trigger, and says why it is; the loop says which run it was, and cools down', async () => {
  await tell('second', 600);
  const run = await until(async () => (await loopStatus(temporal.client, { pipeline: name }))?.watermark?.runId);
  await findBy(`RatchetPipeline="${name}" AND RatchetTrigger="newRows"`, run);
  await page.screenshot({ path: join(pictures, 'loop-run-listed.png') });
  await page.getByRole('link', { name: run, exact: true }).first().click();
  await page
    .getByText(/1,?000 new rows/)
    .first()
    .waitFor();
  await page.screenshot({ path: join(pictures, 'loop-run.png'), fullPage: true });

  await findBy(`RatchetPipeline="${name}" AND RatchetState="cooling"`, `loop/${name}`);
  const shown = await details((words) => words.includes(run), 'loop-cooling.png');
  expect(shown).toMatch(/cooling/);
  expect(shown).toMatch(
    /newest first[\s\S]*3 · \d{4}-\d\d-\d\d \d\d:\d\d · ended – .* ended as finished[\s\S]*2 · .* · run – starts/,
  );
});

test('what is held back says by what and until when; a timer says what it waits for', async () => {
  await tell('third', 1_000);
  await until(async () => (await loopStatus(temporal.client, { pipeline: name }))?.next);
  await findBy(`RatchetPipeline="${name}"`, `loop/${name}`);
  const shown = await details((words) => words.includes('held back'), 'loop-held.png');
  expect(shown).toMatch(/held back: .*cool/i);
  await page.goto(page.url().replace('/user-metadata', '/timeline'));
  await page
    .getByText(/Held back/)
    .first()
    .waitFor();
  await page.screenshot({ path: join(pictures, 'loop-timeline.png'), fullPage: true });
});

test('one that somebody paused is found so, with who and why', async () => {
  const paused = await ratchet('loop', 'pause', name, '--reason', 'labels are being mended', '--as', 'ada');
  expect(paused.code, paused.stderr).toBe(0);
  await findBy(`RatchetPipeline="${name}" AND RatchetState="paused"`, `loop/${name}`);
  const shown = await details((words) => words.includes('paused by ada'), 'loop-paused.png');
  expect(shown).toContain('labels are being mended');
});
