/** `ratchet features materialize`. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { refuseNotOnline } from '#activities/features/materialize/plan-rows.ts';
import { type StartedMaterialization, startMaterialization } from '#adapters/temporal/materialize.ts';
import { UserError } from '#contracts/failures.ts';
import type { FeatureDocument } from '#features/document.ts';
import { unknownName } from '#features/names.ts';
import { keepDefinitions } from '#records/applied-features.ts';
import { readStackFile } from '#stack/file.ts';
import { stackPaths } from '#stack/paths.ts';
import { projectName } from '#workers/deploy/owners.ts';
import { onlinePlace } from '#workers/online/place.ts';
import pc from '../../kit/color.ts';
import { createOutput } from '../../kit/output.ts';
import { projectRoot } from '../../kit/project.ts';
import { type Session, withSession } from '../../kit/session.ts';
import { followed, inWords, whileWatched } from './follow-materialization.ts';
import { readDefinitions } from './read-definitions.ts';

export interface MaterializeOptions {
  from?: string;
  to?: string;
  all?: boolean;
  wait: boolean;
  definitions: string;
  store?: string;
  json?: boolean;
}

export async function materializeViews(asked: string[], options: MaterializeOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  const { from, to } = options;
  if (from && to && Date.parse(from) > Date.parse(to))
    throw new UserError('InvalidInput', `--from ${from} is after --to ${to}: nothing lies between them`);
  const { document } = await readDefinitions(options.definitions);
  const views = viewsOf(document, asked);
  const store = addressOf(options.store ?? process.env.RATCHET_ONLINE_STORE, projectRoot());
  await withSession(async (session) => {
    const definitions = await keepDefinitions(session.store, document);
    const { client } = await session.temporal();
    const started: StartedMaterialization[] = [];
    for (const view of views) {
      const request = {
        ...{ project: projectName(session.root), view, definitions, store },
        folder: dirname(resolve(options.definitions)),
        ...{ from: from ?? null, to: to ?? null, all: options.all ?? false },
      };
      started.push(await startMaterialization(client, request, session.environment));
    }
    for (const { view, already, workflow } of started)
      out.note(
        pc.dim(
          `${already ? 'was under way, and is followed' : 'started'}  ${view}  ${pageOf(workflow.workflowId, session)}`,
        ),
      );
    if (!options.wait) {
      out.object({
        views: started.map(({ view, already, workflow }) => ({ view, already, workflowId: workflow.workflowId })),
      });
      return;
    }
    // Every one is followed to its end, also when another one failed.
    const ends = await whileWatched(() => Promise.allSettled(started.map((each) => followed(each, out))));
    const done = ends.flatMap((end, index) =>
      end.status === 'fulfilled' ? [{ view: views[index] as string, ...end.value }] : [],
    );
    for (const { view, ...counts } of done) out.print(inWords(view, counts, options));
    const failed = ends.flatMap((end, index) =>
      end.status === 'rejected' ? [{ view: views[index], reason: end.reason as unknown }] : [],
    );
    const [first, ...others] = failed;
    for (const { view, reason } of others)
      out.note(pc.red(`${view}: ${reason instanceof Error ? reason.message : reason}`));
    if (first) throw first.reason;
    out.object({ views: done });
  });
}

/** @throws UserError InvalidInput for a view that is unknown or not kept online */
function viewsOf({ views }: FeatureDocument, asked: readonly string[]): string[] {
  if (asked.length === 0) {
    const online = views.filter(({ online }) => online).map(({ name }) => name);
    if (online.length > 0) return online;
    throw new UserError(
      'InvalidInput',
      'every view of these definitions has online: false: there is nothing to materialise',
    );
  }
  for (const name of asked) {
    const view = views.find((each) => each.name === name);
    if (!view)
      throw new UserError(
        'InvalidInput',
        unknownName(
          'view',
          name,
          views.map((each) => each.name),
        ),
      );
    refuseNotOnline(view);
  }
  return [...new Set(asked)];
}

/** As it may stand in a history: a whole path, and no password. */
function addressOf(given: string | undefined, root: string): string | null {
  if (given === undefined) return null;
  const place = onlinePlace(given, root);
  if (place.kind === 'lmdb') return isAbsolute(given.slice(5)) ? given : `lmdb:${place.settings.path}`;
  if (!given.includes('@')) return given;
  throw new UserError(
    'InvalidInput',
    'the address of Redis holds a name or a password, which would stay in the history of the workflow: the worker takes them from RATCHET_REDIS_USERNAME and RATCHET_REDIS_PASSWORD',
  );
}

/** Of the embedded server: another's page has an address that nobody told us. */
function pageOf(workflowId: string, { root, settings }: Pick<Session, 'root' | 'settings'>): string {
  const addresses = readStackFile(stackPaths(root))?.addresses;
  if (!addresses?.temporalUiUrl || addresses.temporalAddress !== settings.temporal.address) return workflowId;
  const namespace = settings.temporal.namespace ?? 'default';
  return `${addresses.temporalUiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
