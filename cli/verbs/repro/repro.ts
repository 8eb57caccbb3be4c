/** `ratchet repro`: the stages of dvc.yaml, brought up to date one after the other. */
import { mkdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { look, placeAgain, type Repository, statusOf, type TrackedPath } from '#adapters/dvc/data.ts';
import { commandsOf } from '#adapters/dvc/pipeline/command.ts';
import { graphOf, inOrder, type StageGraph } from '#adapters/dvc/pipeline/graph.ts';
import { entryOf, lockOf, readLock } from '#adapters/dvc/pipeline/lock-file.ts';
import { type Looks, looksIn } from '#adapters/dvc/pipeline/looks.ts';
import { type Reproduced, reproduce } from '#adapters/dvc/pipeline/reproduce.ts';
import type { Stage } from '#adapters/dvc/pipeline/stage.ts';
import { isChanged, stageStatus } from '#adapters/dvc/pipeline/stage-status.ts';
import { pipelineStages, trackedPaths } from '#adapters/dvc/tracked.ts';
import { UserError } from '#contracts/failures.ts';
import { withLock } from '#stack/lock.ts';
import pc from '../../kit/color.ts';
import { failureObject, failureOf } from '../../kit/failure.ts';
import { createOutput, type Output } from '../../kit/output.ts';
import { pointTo } from '../data/add-data.ts';
import { shown, withRepository } from '../data/open-repository.ts';
import { chooseStages } from './choose-stages.ts';
import { endLeftCommand, forgetCommand, recordCommand } from './running-command.ts';

export interface ReproOptions {
  local?: boolean;
  force?: boolean;
  singleItem?: boolean;
  keepGoing?: boolean;
  runCache: boolean;
  dry?: boolean;
  json?: boolean;
}
interface Done {
  readonly stage: string;
  readonly outcome: Reproduced['outcome'] | 'failed' | 'skipped' | 'would run';
}

export async function reproStages(names: readonly string[], options: ReproOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  if (!options.local)
    throw new UserError(
      'InvalidInput',
      'dvc.yaml cannot be run on Temporal yet: add --local, and it runs in this process',
    );
  await withRepository('hashing', out, async (repository) => {
    const stages = await pipelineStages(repository.root);
    if (stages.length === 0)
      throw new UserError('InvalidInput', `there is no dvc.yaml with stages in ${repository.root}`);
    const graph = graphOf(stages);
    const wanted = chooseStages(stages, names, repository.root);
    const order = options.singleItem ? wanted : inOrder(graph, wanted, true);
    if (options.dry) return dryRun(repository, graph, order, options, out);
    const folder = join(repository.root, '.dvc', 'tmp', 'ratchet');
    await mkdir(folder, { recursive: true });
    const waits = (pid: number) => out.note(`another ratchet repro runs here (process ${pid}): waiting for it …`);
    const lock = join(folder, 'repro.lock');
    await withLock(
      { lock },
      waits,
      () => runAll(repository, graph, order, options, out, join(folder, 'running.json')),
      repository.signal,
    );
  });
}

async function runAll(
  repository: Repository,
  graph: StageGraph,
  order: readonly Stage[],
  options: ReproOptions,
  out: Output,
  running: string,
): Promise<void> {
  const left = await endLeftCommand(running);
  if (left !== null) out.note(`the command of ${left} still ran, of a ratchet repro that was killed: it was ended`);
  const files = new Set(await refreshed(repository, order, out));
  const looks = looksIn(repository);
  const done: Done[] = [];
  const failed = new Set<Stage>();
  let failure: unknown = null;
  for (const stage of order) {
    if (graph.before(stage).some((each) => failed.has(each))) {
      failed.add(stage);
      done.push({ stage: stage.address, outcome: 'skipped' });
      out.print(`${pc.yellow('skipped')}    ${stage.address}: what it needs failed`);
      continue;
    }
    try {
      repository.signal.throwIfAborted();
      const reproduced = await one(repository, stage, looks, options, out, running);
      for (const file of reproduced.files) files.add(file);
      done.push({ stage: stage.address, outcome: reproduced.outcome });
    } catch (error) {
      failure = error;
      failed.add(stage);
      done.push({ stage: stage.address, outcome: 'failed' });
      if (!options.keepGoing || repository.signal.aborted) break;
      out.note(error instanceof Error ? error.message : String(error));
    }
  }
  if (failure !== null && failed.size > 1) failure = summed(done);
  if (failure === null) out.object({ stages: done });
  else if (!out.json) throw failure;
  else {
    const { type, message, code } = await failureOf(failure);
    out.object({ stages: done, ...failureObject(type, message) });
    process.exitCode = code;
    return;
  }
  const ran = done.filter(({ outcome }) => outcome === 'ran' || outcome === 'cached').length;
  out.print(ran === 0 ? 'All stages are up to date.' : `${ran} of ${done.length} stages were brought up to date.`);
  if (files.size > 0) out.print(`To keep this in Git: git add ${[...files].map(shown).join(' ')}`);
}

function summed(done: readonly Done[]): UserError {
  const of = (wanted: Done['outcome']) => done.filter(({ outcome }) => outcome === wanted).length;
  return new UserError('JobFailed', `stages that failed: ${of('failed')}; skipped behind them: ${of('skipped')}`);
}

async function one(
  repository: Repository,
  stage: Stage,
  looks: Looks,
  options: ReproOptions,
  out: Output,
  running: string,
): Promise<Reproduced> {
  const started = Date.now();
  const said = (word: string, rest = '') => out.print(`${word}  ${stage.address}${rest}`);
  const watcher = {
    output: options.json ? (2 as const) : ('inherit' as const),
    command: (text: string) => out.note(`${pc.bold(stage.address)} > ${text}`),
    started: (pid: number) => recordCommand(running, stage.address, pid),
  };
  try {
    const how = { force: options.force ?? false, useRunCache: options.runCache && !options.force };
    const reproduced = await reproduce(repository, stage, looks, watcher, how);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (reproduced.outcome === 'unchanged') said(pc.dim('unchanged'));
    else if (reproduced.outcome === 'cached') said(pc.cyan('cached   '), ': run with the same before');
    else if (reproduced.outcome === 'verified') said(pc.yellow('frozen   '), ': its outputs as they are');
    else said(pc.green('ran      '), ` in ${seconds} s`);
    for (const path of reproduced.moved)
      out.note(`${path} was written while ${stage.address} ran: what it read is locked, so it will run again`);
    return reproduced;
  } finally {
    forgetCommand(running);
  }
}

/** What `.dvc` files track and stages read is tracked as it is now, as with DVC. @returns files for Git */
async function refreshed(repository: Repository, order: readonly Stage[], out: Output): Promise<string[]> {
  const read = order.filter(({ frozen }) => !frozen).flatMap(({ deps }) => deps.map(({ absolute }) => absolute));
  const files: string[] = [];
  for (const tracked of await trackedPaths(repository.root)) {
    if (tracked.stage !== undefined || !read.some((path) => touches(path, tracked))) continue;
    const status = await statusOf(repository, tracked);
    if (status !== 'modified' && status !== 'new') continue;
    const seen = await look(repository, tracked.path, true);
    if (!seen) continue;
    await placeAgain(repository, tracked.path, seen);
    files.push(...(await pointTo(tracked.file, { ...seen.tracked, path: tracked.out.path })));
    out.note(`${shown(tracked.path)} has changed: ${shown(tracked.file)} says so now`);
  }
  return files;
}

const touches = (path: string, tracked: TrackedPath): boolean =>
  path === tracked.path || path.startsWith(`${tracked.path}${sep}`) || tracked.path.startsWith(`${path}${sep}`);

async function dryRun(
  repository: Repository,
  graph: StageGraph,
  order: readonly Stage[],
  options: ReproOptions,
  out: Output,
): Promise<void> {
  const looks = looksIn(repository);
  const run = new Set<Stage>();
  for (const stage of order) {
    const path = lockOf(stage);
    const entry = entryOf(await readLock(path, relative(repository.root, path)), stage.name);
    const changed = options.force || isChanged(await stageStatus(repository, stage, entry, looks), stage);
    const behind = !stage.frozen && graph.before(stage).find((each) => run.has(each));
    if (changed || behind) run.add(stage);
    if (changed) {
      out.print(`${pc.green('would run')}  ${stage.address}`);
      for (const command of commandsOf(stage)) out.print(`           > ${command}`);
    } else if (behind)
      out.print(`${pc.cyan('may run  ')}  ${stage.address}: if ${behind.address} makes something else`);
    else out.print(`${pc.dim('unchanged')}  ${stage.address}`);
  }
  out.object({
    stages: order.map((stage) => ({ stage: stage.address, outcome: run.has(stage) ? 'would run' : 'unchanged' })),
  });
}
