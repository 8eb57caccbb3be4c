/** Every operation of the data host. */
import { rm } from 'node:fs/promises';
import { each } from '#contracts/each.ts';
import type { ReadColumns } from '#ports/tables.ts';
import { factsOf, shapeOf } from './facts.ts';
import type { OperationName, Operations } from './host/protocol.ts';
import { type HostContext, withSession } from './host/with-session.ts';
import { md5OfFile } from './md5.ts';
import { readColumns } from './reading/columns.ts';
import { createScanner } from './reading/scanner.ts';

/** Files that are open at once. */
const FILES_AT_ONCE = 8;

type Handlers = {
  [N in OperationName]: (request: Operations[N][0], context: HostContext) => Promise<Operations[N][1]>;
};

/** What an operation needs is loaded when it is asked for: a command asks for one of them, and waits for its start. */
export const operations: Handlers = {
  snapshot: async (request, context) => {
    const { snapshot } = await import('./reading/snapshot.ts');
    return writing([request.to], () => snapshot(request, context, withSession));
  },
  count: async (request, context) => {
    const { countFiles } = await import('./reading/count-files.ts');
    return countFiles(request, context, withSession);
  },
  header: async (request, context) => {
    const { tableHeader } = await import('./reading/table-header.ts');
    return tableHeader(request, context, withSession);
  },
  inspect: ({ file }, context) => withSession(context, [file], (session) => factsOf(session, file)),
  shape: ({ files }, context) => withSession(context, files, (session) => shapeOf(session, files)),
  measure: async (request, context) => {
    const { measure } = await import('./expectations/measure.ts');
    return withSession(context, request.files, (session) => measure(session, request));
  },
  quarantine: async (request, context) => {
    const { quarantine } = await import('./expectations/quarantine.ts');
    const written = [request.good, request.bad?.path].filter((path) => typeof path === 'string');
    return writing(written, () =>
      withSession(context, [...request.files, ...written], (session) => quarantine(session, request)),
    );
  },
  pair: async (request, context) => {
    const { pairRows } = await import('./pair-rows.ts');
    const files = [...request.left.files, ...(request.right?.files ?? []), request.to];
    return writing([request.to], () => withSession(context, files, (session) => pairRows(session, request)));
  },
  parse: async ({ expressions, time }, context) => {
    const { parseExpressions } = await import('./featurize/expression.ts');
    return withSession(context, [], (session) => parseExpressions(session, expressions, time));
  },
  featurize: async (request, context) => {
    const { featurize } = await import('./featurize/featurize.ts');
    const written = [request.train, request.holdout, ...(request.times ? [request.times] : [])];
    return writing(written, () =>
      withSession(context, [request.file, ...request.views.map((view) => view.file), ...written], (session) =>
        featurize(session, request),
      ),
    );
  },
  copied: async (request, context) => {
    const { copied } = await import('./queries/copied.ts');
    return writing([request.to], () =>
      withSession(context, [request.file, request.to], (session) => copied(session, request)),
    );
  },
  selected: async (request, context) => {
    const { selected } = await import('./queries/selected.ts');
    const files = Object.values(request.tables).flat();
    return writing([request.to], () =>
      withSession(context, [...files, request.to], (session) => selected(session, request)),
    );
  },
  outlined: async (request, context) => {
    const { outlined } = await import('./queries/selected.ts');
    return withSession(context, [], (session) => outlined(session, request));
  },
  sampleEntities: async (request, context) => {
    const { sampleEntities } = await import('./history/sample-entities.ts');
    return writing([request.to], () =>
      withSession(context, [request.file, request.to], (session) => sampleEntities(session, request)),
    );
  },
  history: async (request, context) => {
    const { history } = await import('./history/history.ts');
    const files = [request.file, ...request.views.map((view) => view.file), request.to];
    return writing([request.to], () => withSession(context, files, (session) => history(session, request)));
  },
  vectors: async (request, context) => {
    const { vectors } = await import('./history/vectors.ts');
    return writing([request.to], () =>
      withSession(context, [request.file, request.to], (session) => vectors(session, request)),
    );
  },
  extended: async (request, context) => {
    const { extended } = await import('./history/vectors.ts');
    return writing([request.to], () =>
      withSession(context, [request.file, request.computed, request.to], (session) => extended(session, request)),
    );
  },
  sampled: async (request, context) => {
    const { sampled } = await import('./history/skew.ts');
    return writing([request.file], () =>
      withSession(context, [...request.files, request.file], (session) => sampled(session, request)),
    );
  },
  newest: async (request, context) => {
    const { newest } = await import('./history/skew.ts');
    const files = request.sources.map(({ file }) => file);
    return withSession(context, files, (session) => newest(session, request));
  },
  skew: async (request, context) => {
    const { skew } = await import('./history/skew.ts');
    return withSession(context, [request.file], (session) => skew(session, request));
  },
  columns: ({ file, columns }, context) =>
    withSession(context, [file].flat(), (session) => readColumns(session, file, columns)),
  compute: async (work, context) => {
    const module: Record<string, unknown> = await import(work.module);
    const run = module[work.name];
    if (typeof run !== 'function') throw new Error(`${work.module} exports no function ${work.name}`);
    const read: ReadColumns = (file, columns) => {
      const files = [file].flat();
      const other = files.find((each) => !work.files.includes(each));
      if (other !== undefined) throw new Error(`${other} is not among the computation's files`);
      return withSession(context, files, (session) => readColumns(session, file, columns));
    };
    const scanner = createScanner(context, work.files);
    try {
      return await run(work.args, read, scanner.open);
    } finally {
      await scanner.close();
    }
  },
  summarize: async (request, context) => {
    const { summarize } = await import('./quality/summarize.ts');
    return withSession(context, [...request.current, ...(request.reference ?? [])], (session) =>
      summarize(session, request),
    );
  },
  md5: ({ files }, context) => each(FILES_AT_ONCE, files, (file) => md5OfFile(file, context.signal)),
};

/** A failed operation leaves none of the files that it was to write. */
async function writing<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await Promise.all(files.map((file) => rm(file, { force: true })));
    throw error;
  }
}
