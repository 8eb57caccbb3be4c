/** The flagship, started by a plain Temporal client and read in the browser: Temporal's Web UI, MLflow, the gate's report. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VersionComparison } from '#cli/verbs/model/compare-versions.ts';
import type { ModelStory } from '#records/model-story.ts';
import { connectionSettings } from '#stack/connection-settings.ts';
import { ensurePythonEnvironment } from '#stack/python-environment.ts';
import { openChromium } from './world/chromium.ts';
import { type Answer, environment, projectFolder, ratchet, sources, until } from './world/ratchet.ts';
import { withStore } from './world/store.ts';
import { temporalUi } from './world/temporal-ui.ts';

const stages = ['validateData', 'featurize', 'train', 'evaluate', 'gate', 'register', 'promote'];
const workflowId = `from-temporal-${process.pid}`;
const pictures = join(projectFolder, 'pictures');
const settings = () => connectionSettings(projectFolder);

/** What a reader sees; nothing while it is still loaded. */
const shownIn = async (place: Page | Frame) =>
  (
    await place
      .locator('body')
      .allInnerTexts()
      .catch(() => [])
  ).join('\n');

let browser: Browser;
let page: Page;
let run: Answer;

/** `temporal workflow start`, as its own help shows it. */
async function startWithTemporal(): Promise<void> {
  const stack = await ensurePythonEnvironment({
    root: sources,
    name: 'stack',
    lock: 'stack/requirements.lock',
    env: environment(),
  });
  await promisify(execFile)(join(stack.bin, 'temporal'), [
    ...['workflow', 'start', '--address', settings().temporal.address, '--type', 'flight-delays'],
    ...['--task-queue', 'ratchet', '--workflow-id', workflowId, '--input', '{"asOf": "2013-05-20"}'],
  ]);
}

beforeAll(async () => {
  browser = await openChromium();
  mkdirSync(pictures, { recursive: true });
  page = await browser.newPage({ viewport: { width: 1500, height: 1300 } });
  await startWithTemporal();
  run = await until(async () => {
    const { result } = (await ratchet('show', workflowId, '--json')).json<{ result?: Answer }>();
    return result;
  });
});
afterAll(() => browser?.close());

test('a run that a plain Temporal client started ends as any other', () => {
  expect(run.status).toMatch(/promoted|already-champion/);
  expect(run.verdict).toBe('passed');
});

test('the Web UI finds it by a search attribute and reads as the loop', async () => {
  const ui = `${temporalUi(projectFolder)}/namespaces/default/workflows`;
  await page.goto(`${ui}?query=${encodeURIComponent('RatchetPipeline="flight-delays" AND RatchetVerdict="passed"')}`);
  const link = page.getByRole('link', { name: workflowId, exact: true });
  await link.first().waitFor();
  await page.screenshot({ path: join(pictures, 'temporal-runs.png') });
  await link.first().click();

  for (const stage of stages)
    await page
      .getByText(new RegExp(`^${stage} • `))
      .first()
      .waitFor();
  const text = await shownIn(page);
  expect(text).toMatch(/validateData • validateFlights: flights\.csv(\.\w+)?, 8 expectations/);
  expect(text).toMatch(/getHistoricalFeatures • time time_hour, service flights/);
  expect(text).toMatch(/featurize • [\d,]+ rows/);
  expect(text).toMatch(/train • train\.py, [\d,]+ rows, rounds 300, learning_rate 0\.05/);
  expect(text).toMatch(/evaluate • (no champion yet|against v\d+), [\d,]+ rows/);
  expect(text).toMatch(/gate • roc_auc better by 0\.002/);
  expect(text).toMatch(/promote • v\d+ becomes champion/);
  await page.screenshot({ path: join(pictures, 'temporal-timeline.png'), fullPage: true });
});

test('its current details are the graph and the verdict', async () => {
  // Asked of the worker, which the page does by itself when it is opened.
  await page.goto(page.url().replace(/\/(timeline|history)\b.*$/, '/user-metadata'));
  const details = await until(async () => {
    const texts = await Promise.all(page.frames().map(shownIn));
    return texts.find((text) => text.includes('Verdict: passed'));
  });
  await page.screenshot({ path: join(pictures, 'temporal-details.png'), fullPage: true });
  for (const stage of stages) expect(details).toContain(stage);
  expect(details).toMatch(/flight-delays: (promoted|already-champion)/);
  expect(details).toMatch(/roc_auc 0\.\d+|champion already/);
});

test('the report of its gate opens without a server, and asks for nothing outside', async () => {
  const body = await withStore((store) => store.get(store.key(run.report ?? '')));
  const file = join(pictures, 'gate.html');
  writeFileSync(file, body ?? '');
  const outside: string[] = [];
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) outside.push(request.url());
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`file://${file}`);
  await page.screenshot({ path: join(pictures, 'gate.png'), fullPage: true });
  expect(await shownIn(page)).toMatch(/roc_auc/);
  expect([outside, errors]).toEqual([[], []]);
});

test('MLflow shows the version with its alias', async () => {
  await page.goto(`${settings().mlflow.url}/#/models/flight-delays`);
  await page
    .getByText(/champion/)
    .first()
    .waitFor();
  await page.screenshot({ path: join(pictures, 'mlflow-model.png') });
});

test('the page of the model tells who is champion and why, what it was trained on and what comes next', async () => {
  const file = join(pictures, 'model.html');
  const story = (await ratchet('model', 'show', 'flight-delays', '--html', file, '--json')).json<ModelStory>();
  expect(story.champion).toMatch(/^\d+$/);
  const line = story.versions.find(({ version }) => version === story.champion);
  expect(line).toMatchObject({ verdict: 'passed', stage: 'Production', data: expect.stringMatching(/^md5:/) });
  expect(story.reigns[0]).toMatchObject({ version: story.champion, until: null, began: 'promotion' });
  await page.goto(`file://${file}`);
  await page.screenshot({ path: join(pictures, 'model.png'), fullPage: true });
  expect(await shownIn(page)).toContain(`Version ${story.champion} is champion since`);
  const said = await ratchet('model', 'show', 'flight-delays');
  expect(said.stdout).toContain(`flight-delays: version ${story.champion} is champion since`);
  const nobody = await ratchet('model', 'show', 'flight-delay');
  expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('no version of a registered model')]);
});

test('a version has a card, and keeps it beside what its owner writes', async () => {
  const { champion } = (await ratchet('model', 'show', 'flight-delays', '--json')).json<ModelStory>();
  const file = join(pictures, 'MODEL_CARD.md');
  writeFileSync(file, '# Flights\n\nAsk Ada first.\n');
  for (let time = 0; time < 2; time++)
    expect((await ratchet('model', 'card', `flight-delays@${champion}`, '--out', file)).code).toBe(0);
  const card = readFileSync(file, 'utf8');
  expect(card).toContain('Ask Ada first.');
  expect(card.match(/models:\/flight-delays\/\d+/g)).toHaveLength(1);
  expect(card).toMatch(/\| `roc_auc` \| 0\.\d+ \|/);
});

test('a copy of a version is held beside it: the same files, figures and data', async () => {
  const { champion } = (await ratchet('model', 'show', 'flight-delays', '--json')).json<ModelStory>();
  const name = `copy-${process.pid}`;
  for (const already of [false, true])
    expect(
      (await ratchet('model', 'copy', `flight-delays@${champion}`, '--as', name, '--json')).json<{
        already: boolean;
      }>(),
    ).toMatchObject({ model: name, version: '1', already });
  const compared = await ratchet('model', 'compare', `flight-delays@${champion}`, `${name}@1`, '--json');
  expect(compared.json<VersionComparison>()).toMatchObject({ sameRows: true, params: [] });
  expect(compared.json<VersionComparison>().figures.map(({ difference }) => difference)).not.toContain(null);
});
