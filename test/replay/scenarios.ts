/** One scenario a path through the workflows. Data: what runs, how it is driven, and which workflow's history is kept. */
import type { Client } from '@temporalio/client';
import { askRetrain, configureLoop, loopStatus, pauseLoop, resumeLoop, tellLoop } from '#adapters/temporal/loops.ts';
import { archiveVersion, moveAlias, registerVersion, rollback } from '#adapters/temporal/models.ts';
import { approveRun, runProgress } from '#adapters/temporal/runs.ts';
import type { VersionRef } from '#contracts/data.ts';
import type { LoopStatus } from '#contracts/loop/answers.ts';
import { LoopPolicy } from '#contracts/loop/policy.ts';
import type { MaterializeActivities } from '#contracts/materialize.ts';
import type { RegisterRequest } from '#contracts/messages.ts';
import type { PlanNode } from '#contracts/plan.ts';
import type { NodeRecord, RunEnvelope } from '#contracts/run.ts';
import { code, failing, type PipelineCase, ref, step } from '../workflows/harness.ts';
import { registries } from '../workflows/registry.ts';

export interface Scenario {
  /** What would go unnoticed without it. */
  protects: string;
  /** A run of this pipeline; its history is kept. */
  pipeline?: PipelineCase;
  envelope?: RunEnvelope;
  /** Done while the run is under way (pipeline) or instead of a run; answers the id of the workflow to keep, first execution. */
  drive?: (client: Client, runId: string) => Promise<string | undefined>;
}

const echo = (input: never) => input;
const boom = () => {
  throw failing('the disk is on fire');
};
const map = (id: string, kind: 'map' | 'mapSettled', items: unknown, name = 'echo', options = {}): PlanNode => ({
  id,
  kind,
  input: items as never,
  options,
  blocks: [{ nodes: [step(`${id}-one`, name, ref(`${id}/item`))], result: ref(`${id}-one`) as never }],
});
const counted = (length: number) => Array.from({ length }, (_, n) => n);
let pickyTries = 0;
const kept = (id: string, input: unknown, output: unknown) =>
  ({ id, step: 'echo', input, output, cached: false, reason: '', key: null, ms: 5 }) as NodeRecord;
const approval = (spec: object): PlanNode => ({
  id: 'ok',
  kind: 'approval',
  input: {
    title: 'Ship?',
    evidence: { auc: 0.7 },
    by: ['anna', 'bob'],
    quorum: 2,
    timeout: '2d',
    onTimeout: 'reject',
    ...spec,
  } as never,
});
async function opened(client: Client, runId: string) {
  for (;;) {
    const progress = await runProgress(client, runId).catch(() => null);
    const asked = progress?.approvals[0];
    if (asked) return asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
async function running(client: Client, runId: string, node: string) {
  for (;;) {
    const progress = await runProgress(client, runId).catch(() => null);
    if (progress?.nodes.find(({ id }) => id === node)?.status === 'running') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const request = (key: string): RegisterRequest => ({
  key,
  candidate: {
    kind: 'model',
    runId: 'r',
    uri: 'runs:/r/model',
    digest: `sha256:${key}`,
    environment: null,
    trainedOn: null,
  },
  verdict: { digest: 'v', against: null, outcome: 'passed', reasons: [], report: null },
  description: '',
  tags: {},
});

/** Three files in two parts, the second of which finds its store away at first. */
export function recordedMaterialization(): MaterializeActivities {
  let away = true;
  const skipped = { withoutKey: 1, withoutTime: 0, outside: 0, ahead: 0 };
  return {
    materializeFiles: async ({ after }) => {
      if (after === null)
        return {
          files: 2,
          bytes: 20,
          rows: 9,
          written: 7,
          older: 1,
          events: 0,
          ...skipped,
          left: 1,
          unchanged: 4,
          after: 'b',
        };
      if (away) {
        away = false;
        throw new Error('the online store is away');
      }
      return {
        files: 1,
        bytes: 10,
        rows: 4,
        written: 3,
        older: 0,
        events: 0,
        ...skipped,
        left: 0,
        unchanged: 6,
        after: 'c',
      };
    },
    materialized: async () => undefined,
  };
}

/** What `model/<name>` writes to while it is recorded. */
export const models = registries();

/** The requests that both model scenarios make, with every kind of answer. */
async function askModel(client: Client, model: string): Promise<string> {
  const target = { model, asker: 'recorder' };
  const versions: VersionRef[] = [];
  for (const key of ['a', 'b', 'a']) versions.push((await registerVersion(client, target, request(key))).version);
  const [one, two] = versions as [VersionRef, VersionRef];
  await moveAlias(client, target, { key: 'm1', to: one, expect: null, by: 'recorder' });
  await moveAlias(client, target, { key: 'm2', to: two, expect: null, by: 'recorder' }).catch(() => undefined);
  await moveAlias(client, target, { key: 'm3', to: two, expect: one.version, by: 'recorder' });
  await rollback(client, target, { by: 'anna', reason: 'it smells' });
  return `model/${model}`;
}

async function loopUntil(client: Client, pipeline: string, holds: (status: LoopStatus) => boolean): Promise<void> {
  for (;;) {
    const status = await loopStatus(client, { pipeline }).catch(() => null);
    if (status && status.undecided === 0 && holds(status)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What a loop meets in its life, one after another. */
async function driveLoop(client: Client, pipeline: string): Promise<string> {
  const at = () => new Date().toISOString();
  const target = { pipeline };
  await configureLoop(
    client,
    LoopPolicy.parse({
      pipeline,
      model: 'm',
      triggers: {
        kind: 'any',
        of: [
          { kind: 'newRows', atLeast: 10 },
          { kind: 'drift', share: 0.3 },
        ],
      },
      limits: { coolDown: '4s' },
      watch: { source: 'x', target: 'y', provisional: { cohort: '1s', metric: 'auc' } },
    }),
  );
  await tellLoop(client, target, 'dataArrived', { id: 'few', at: at(), rows: 4 });
  await tellLoop(client, target, 'dataArrived', { id: 'enough', at: at(), rows: 8 });
  await tellLoop(client, target, 'dataArrived', { id: 'enough', at: at(), rows: 8 });
  await askRetrain(client, target, { id: 'meanwhile', by: 'anna', reason: 'labels' });
  await loopUntil(client, pipeline, ({ run, decided }) => run === null && decided > 3);
  await pauseLoop(client, target, { by: 'anna', reason: 'fair' });
  await client.workflow.getHandle(`loop/${pipeline}`).signal('metricObserved', { id: 'bad', value: 'much' });
  await tellLoop(client, target, 'driftMeasured', { id: 'drifted', at: at(), share: 0.5 });
  await resumeLoop(client, target, { by: 'anna', reason: 'over' });
  await loopUntil(
    client,
    pipeline,
    ({ run, watermark, provisional, next }) => !run && !next && watermark !== null && provisional.length === 0,
  );
  return `loop/${pipeline}`;
}

export const scenarios: Record<string, Scenario> = {
  'steps-and-branches': {
    protects: 'order of commands for parallel nodes, references, `when … otherwise`, search attributes of stages',
    pipeline: {
      nodes: [
        step('validateData', 'validateData'),
        step('beside', 'echo', 1),
        step('yes', 'echo', true),
        {
          id: 'choice',
          kind: 'when',
          condition: ref('yes') as never,
          blocks: [
            { nodes: [step('gate', 'gate', ref('validateData', 'snapshot'))], result: ref('gate', 'passed') as never },
            { nodes: [step('no', 'echo', 2)] },
          ],
        },
      ],
      result: ref('choice'),
      steps: {
        echo,
        validateData: () => ({ snapshot: { digest: 'md5:0' } }),
        gate: () => ({ passed: true, record: { outcome: 'passed', reasons: [], evidence: {} } }),
      },
    },
  },
  maps: {
    protects: 'order in which items start and end under a concurrency, mapSettled after a failure, nested maps',
    pipeline: {
      nodes: [
        map('plain', 'map', [1, 2, 3, 4, 5], 'echo', { concurrency: 2 }),
        map('settled', 'mapSettled', [1, 2, 3], 'picky'),
        {
          id: 'outer',
          kind: 'map',
          input: [[1, 2], [3]] as never,
          blocks: [{ nodes: [map('inner', 'map', ref('outer/item'))], result: ref('inner') as never }],
        },
      ],
      result: [ref('plain'), ref('settled'), ref('outer')],
      steps: { echo, picky: (n) => (n === 2 ? boom() : n) },
    },
  },
  'batched-map': {
    protects: 'single items, then batches: their sizes, ids and order, an item that goes on alone, a body of two steps',
    pipeline: {
      nodes: [
        {
          ...map('each', 'mapSettled', counted(60), 'echo', { concurrency: 3 }),
          blocks: [
            {
              nodes: [step('one', 'picky', ref('each/item')), step('two', 'echo', ref('one'))],
              result: ref('two') as never,
            },
          ],
        },
      ],
      result: ref('each'),
      steps: {
        echo,
        picky: (n) => {
          if (n === 20) throw failing('twenty is bad');
          if (n === 30 && pickyTries++ === 0) throw new Error('not yet');
          return n;
        },
      },
      cheap: true,
    },
  },
  'wide-quick-map': {
    protects: 'a wide map of quick items, which stays in its run',
    pipeline: {
      nodes: [map('each', 'map', counted(300))],
      steps: { echo },
      cheap: true,
    },
  },
  'wide-slow-map': {
    protects: 'a wide map whose items turn out not to be quick: where its children begin',
    pipeline: {
      nodes: [map('each', 'map', counted(210), 'echo', { concurrency: 4 })],
      steps: { echo },
      ms: 5_000,
      cheap: true,
    },
  },
  'wide-map': {
    protects: 'ids, sizes and order of the children that a wide map is cut into',
    pipeline: {
      nodes: [
        step('base', 'echo', 10),
        {
          ...map(
            'each',
            'map',
            Array.from({ length: 201 }, (_, n) => n),
          ),
          blocks: [{ nodes: [step('one', 'echo', ref('base'))], result: ref('one') as never }],
        },
      ],
      steps: { echo },
    },
  },
  chunk: {
    protects: 'a chunk: its items, its kept outcomes, its result',
    pipeline: { nodes: [], steps: { echo } },
    drive: async (client, runId) => {
      const pipeline = runId.split('/')[1] as string;
      const trigger = {
        kind: 'manual' as const,
        id: 't',
        reason: '',
        figures: {},
        who: 'recorder',
        at: '2026-01-01T00:00:00.000Z',
      };
      const run = { id: runId, pipeline, model: null, environment: 'dev', asOf: trigger.at, trigger };
      const { blocks } = map('each', 'map', null);
      const input = {
        run,
        bundle: 'b',
        steps: { echo: code() },
        host: 'here',
        map: { id: 'each', name: 'each', body: blocks?.[0], first: 100, concurrency: 2, settled: false },
        items: [1, 2, 3],
        given: {},
        kept: [kept('each[101]/each-one', 2, 'kept')],
      };
      await client.workflow.execute('chunk', { taskQueue: 'ratchet', workflowId: `${runId}/each/0`, args: [input] });
      return `${runId}/each/0`;
    },
  },
  'repeat-attempt-wait': {
    protects: 'rounds of a repeat, the second block of an attempt, timers',
    pipeline: {
      nodes: [
        {
          id: 'grow',
          kind: 'repeat',
          input: 0 as never,
          options: { max: 5 },
          blocks: [
            {
              nodes: [step('next', 'next', ref('grow/state')), step('enough', 'enough', ref('next'))],
              result: { state: ref('next'), until: ref('enough') } as never,
            },
          ],
        },
        {
          id: 'try',
          kind: 'attempt',
          blocks: [
            { nodes: [step('bad', 'boom')] },
            { nodes: [step('rescue', 'echo', ref('try/failure'))], result: ref('rescue') as never },
          ],
        },
        { id: 'nap', kind: 'wait', input: { duration: '1s' } },
      ],
      result: [ref('grow'), ref('try'), ref('nap')],
      steps: { echo, boom, next: (n: number) => n + 1, enough: (n: number) => n >= 3 },
    },
  },
  child: {
    protects: 'a workflow of the user’s own as a node: id, queue, arguments',
    pipeline: {
      nodes: [
        { id: 'roll', kind: 'child', step: 'recorded-grandchild', input: { n: 1 }, options: { queue: 'ratchet' } },
      ],
      result: ref('roll', 'output'),
      steps: { echo },
    },
  },
  'failure-and-always': {
    protects: 'what still runs after a failure, the record, how the run ends',
    pipeline: {
      nodes: [
        step('bad', 'boom'),
        step('after', 'echo', ref('bad')),
        { id: 'end', kind: 'always', blocks: [{ nodes: [step('clean', 'echo', 1)] }] },
      ],
      steps: { echo, boom },
    },
  },
  cancelled: {
    protects: 'cancellation of a running step and of a timer, clean-up, the record',
    pipeline: {
      nodes: [
        step('hang', 'hang'),
        { id: 'nap', kind: 'wait', input: { duration: '1d' } },
        { id: 'end', kind: 'always', blocks: [{ nodes: [step('clean', 'echo', 1)] }] },
      ],
      steps: {
        echo,
        hang: async () => (await import('@temporalio/activity')).Context.current().cancelled.catch(() => undefined),
      },
    },
    drive: async (client, runId) => {
      await running(client, runId, 'hang');
      await client.workflow.getHandle(runId).cancel();
      return undefined;
    },
  },
  approved: {
    protects: 'evidence’s digest, two approvals, the timer that is no longer needed',
    pipeline: { nodes: [approval({})], result: ref('ok'), steps: {} },
    drive: async (client, runId) => {
      for (const by of ['anna', 'bob']) {
        const { node, evidence } = await opened(client, runId);
        await approveRun(client, runId, { node, approved: true, by, note: '', evidence });
      }
      return undefined;
    },
  },
  'approval-late': {
    protects: 'an approval that nobody gives in time',
    pipeline: { nodes: [approval({ timeout: '1s' })], result: ref('ok'), steps: {} },
  },
  rejudged: {
    protects: 'planning again after the champion moved, and what is kept then',
    pipeline: {
      nodes: [
        step('train', 'echo', 'model'),
        step('judge', 'echo', { champion: 1 }),
        step('promote', 'promote', ref('judge')),
      ],
      result: ref('promote'),
      steps: {
        echo,
        promote: ({ champion }: { champion: number }) => {
          if (champion === 1) throw failing('moved', 'ChampionMoved');
          return { outcome: 'promoted', champion: '4', previous: '3', epoch: 4 };
        },
      },
      plan: (planned, { rejudge }) =>
        rejudge
          ? {
              ...planned,
              plan: {
                ...planned.plan,
                nodes: planned.plan.nodes.map((node) =>
                  node.id === 'judge' ? { ...node, input: { champion: 2 } } : node,
                ),
              },
            }
          : planned,
    },
  },
  retried: {
    protects: 'outcomes of an earlier run that are kept, and those that are not',
    envelope: { resume: { runId: 'run/recorded/1', mode: 'retry' } },
    pipeline: {
      nodes: [step('a', 'echo', 1), step('b', 'echo', ref('a')), step('c', 'echo', ref('b'))],
      result: ref('c'),
      steps: { echo },
      plan: (planned) => ({ ...planned, kept: [kept('a', 1, 10), kept('b', 10, 20), kept('c', 'another', 30)] }),
    },
  },
  served: {
    protects:
      'what the cache had when the plan was made: nothing is asked for, and the run goes on with the first miss',
    pipeline: {
      nodes: [
        step('validateData', 'validateData', 1),
        step('next', 'echo', ref('validateData')),
        step('other', 'echo', ref('next')),
        step('gate', 'gate', ref('other')),
      ],
      result: ref('gate'),
      steps: { validateData: echo, gate: echo, echo },
      plan: (planned) => ({
        ...planned,
        served: [
          { ...kept('validateData', 1, 10), step: 'validateData', cached: true, key: 'k1' },
          { ...kept('next', 10, 20), cached: true, key: 'k2' },
          { ...kept('other', 'another', 30), cached: true, key: 'k3' },
        ],
      }),
    },
  },
  'host-moved': {
    protects: 'a job whose machine is gone: time-out, another machine, the same activity id',
    pipeline: {
      nodes: [step('job', 'job', 1)],
      result: ref('job'),
      steps: { job: echo },
      codes: { job: { place: 'host' } },
      plan: (planned) => ({ ...planned, host: 'gone' }),
      placeJob: () => ({ host: 'here' }),
    },
  },
  model: {
    protects: 'register, move, refusal, rollback, one after another',
    drive: (client) => askModel(client, 'recorded'),
  },
  loop: {
    protects:
      'a loop: signals, a decision, its run, a request meanwhile, the cool-down’s timer, pause and resume, a cohort rolled back',
    pipeline: { nodes: [step('work', 'echo')], steps: { echo } },
    drive: (client, runId) => driveLoop(client, runId.split('/')[1] as string),
  },
  'loop-continued': {
    protects: 'the point at which a loop starts over: what it waits for, and that it goes along',
    pipeline: { nodes: [step('work', 'echo')], steps: { echo } },
    drive: async (client, runId) => {
      const pipeline = `${runId.split('/')[1]}`;
      await client.workflow.start('loop', {
        workflowId: `loop/${pipeline}`,
        taskQueue: 'ratchet',
        args: [{ pipeline, environment: 'dev', signalsAHistory: 4 }],
      });
      const target = { pipeline };
      for (let n = 0; n < 6; n++) {
        await tellLoop(client, target, 'dataArrived', { id: `d${n}`, at: new Date().toISOString(), rows: n });
        if (n === 2) await askRetrain(client, target, { id: 'r', by: 'anna', reason: 'now' });
      }
      await loopUntil(client, pipeline, ({ taken, run }) => taken === 7 && run === null);
      return `loop/${pipeline}`;
    },
  },
  fire: {
    protects: 'what the calendar hands over',
    drive: async (client) => {
      const args = [{ pipeline: 'recorded-fired', environment: 'dev', cron: '0 2 * * 1 UTC' }];
      await client.workflow.execute('fire', { workflowId: 'fire/recorded', taskQueue: 'ratchet', args });
      return 'fire/recorded';
    },
  },
  watch: {
    protects: 'the order of looks, and one that fails',
    drive: async (client) => {
      const args = [{ pipeline: 'recorded-watched', environment: 'dev' }];
      await client.workflow
        .execute('watch', { workflowId: 'watch/recorded', taskQueue: 'ratchet', args })
        .catch(() => undefined);
      return 'watch/recorded';
    },
  },
  materialize: {
    protects: 'a part after another, one that is tried again, and what says that the view is done',
    drive: async (client) => {
      const request = {
        ...{ project: 'recorded', view: 'profile', definitions: '0'.repeat(64), folder: '/data' },
        ...{ store: null, from: null, to: null, all: false },
      };
      const options = { workflowId: 'materialize/recorded/profile', taskQueue: 'ratchet', args: [request] };
      await client.workflow.execute('materialize', options);
      return 'materialize/recorded/profile';
    },
  },
  'model-stages': {
    protects:
      'a registered version that waits, one that a person puts away, stages that follow a hand and are put back',
    drive: async (client) => {
      const workflowId = await askModel(client, 'staged');
      const target = { model: 'staged', asker: 'recorder' };
      const { version } = await registerVersion(client, target, request('c'));
      await archiveVersion(client, target, { version: version.version, by: 'anna', reason: 'it leaks' });
      // A hand in MLflow moves the champion's alias, which stages follow; then a stage, which is put back.
      models.registry('staged').champion = '2';
      const two = await registerVersion(client, { ...target, asker: 'again' }, request('b'));
      models.registry('staged').apart = ['version 1 was moved by hand'];
      await moveAlias(client, target, { key: 'm4', to: two.version, expect: '2', by: 'recorder' });
      return workflowId;
    },
  },
  'model-kept': {
    protects:
      'moves on their way into the store, beside the requests and across the point at which the ledger starts over',
    drive: async (client) => {
      await client.workflow.start('model', {
        workflowId: 'model/kept',
        taskQueue: 'ratchet',
        args: [{ model: 'kept', updatesAHistory: 6 }],
      });
      return askModel(client, 'kept');
    },
  },
  'model-packs': {
    protects: 'audit packs that are owed: cancelled and begun anew by a move, and ended before the ledger starts over',
    drive: async (client) => {
      await client.workflow.start('model', {
        workflowId: 'model/packs',
        taskQueue: 'ratchet',
        args: [{ model: 'packs', updatesAHistory: 6 }],
      });
      return askModel(client, 'packs');
    },
  },
  'model-continued': {
    protects: 'the point at which a model’s ledger starts over',
    drive: async (client) => {
      await client.workflow.start('model', {
        workflowId: 'model/continued',
        taskQueue: 'ratchet',
        args: [{ model: 'continued', updatesAHistory: 4 }],
      });
      return askModel(client, 'continued');
    },
  },
};
