/**
 * `model/<registered model>`: the only writer of that model's aliases and stages, one request at a time.
 *
 * Why nothing is lost or done twice: a request that was accepted is in the history; when a worker dies the next one goes on
 * in the middle of it. Both activities that write may be repeated: `createVersion` carries its key inside the creating call
 * and reads back, `setAliases` sets aliases and stages to what they shall be. The ledger is changed only after MLflow was, so a
 * refused write leaves it as it was. A repeated request finds its key, here or across a continue-as-new.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  currentUpdateInfo,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  archiveUpdate,
  claimUpdate,
  ledgerQuery,
  lookUpdate,
  moveUpdate,
  type RegisterRequest,
  registerUpdate,
  rollbackUpdate,
  settleUpdate,
} from '#contracts/messages.ts';
import { describe } from '../run/interpreter/failure.ts';
import { Books, mlflow, now } from './books.ts';
import { claim, settle } from './holdout-uses.ts';
import { underWay } from './late-writes.ts';
import { decideMove, decideRollback, frozen, registeredAs, remember } from './ledger.ts';
import { Mutex } from './mutex.ts';
import {
  ArchiveRequestCheck,
  ClaimRequestCheck,
  check,
  ModelArguments,
  MoveRequestCheck,
  RegisterRequestCheck,
  RollbackRequestCheck,
  SettleRequestCheck,
} from './requests.ts';
import { archived, waits } from './stages.ts';

/** A history takes 2,000 updates; starting over well before leaves room for those that arrive meanwhile. */
const UPDATES_A_HISTORY = 500;

export async function model(raw: unknown): Promise<void> {
  const parsed = ModelArguments.safeParse(raw);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`model/… needs { model }: ${parsed.error.message}`, 'InvalidInput');
  const { model: name, updatesAHistory = UPDATES_A_HISTORY } = parsed.data;
  const mutex = new Mutex();
  const books = new Books(name, mutex, parsed.data.state);
  // Apart from the rest of the state, which a move writes back after it has waited for MLflow.
  let uses = books.state.uses ?? [];
  let updates = 0;
  /** One request at a time; whatever fails is the request's failure, never a workflow task's. */
  const serve = <T>(work: () => Promise<T>): Promise<T> => {
    updates++;
    return mutex.run(async () => {
      try {
        return await work();
      } catch (error) {
        const { type, message } = describe(error);
        throw error instanceof ApplicationFailure ? error : ApplicationFailure.nonRetryable(message, type);
      }
    });
  };

  setHandler(ledgerQuery, () => ({ ...books.ledger, busy: mutex.busy }));
  setHandler(lookUpdate, () =>
    serve(async () => {
      await books.look();
      return { ...books.ledger, busy: false };
    }),
  );
  setHandler(
    registerUpdate,
    (request) =>
      serve(async () => {
        const found = await books.look();
        const before = registeredAs(books.state, request, found);
        // What is champion is there; another remembered version somebody may have deleted by hand, so MLflow is asked.
        const sure = before?.version === found.champion?.version || !patched('remembered versions are looked up');
        if (before && sure) return { version: before, already: true };
        const created = await mlflow.createVersion({ ...request, model: name });
        books.state = remember(books.state, request.key, created.version);
        const pack = () => books.packs.owe(created.version.version);
        if (!patched('a registered version waits in Staging')) {
          pack();
          return created;
        }
        const { note } = books.ledger;
        const waiting = waits(books.ledger, created.version.version, { ...registration(request), at: now() });
        if (waiting !== books.ledger) await books.keep({ ...books.state, ledger: waiting }).finally(pack);
        else pack();
        return { ...created, ...books.noteSince(note) };
      }),
    { validator: (request) => check(RegisterRequestCheck, request) },
  );
  setHandler(
    moveUpdate,
    (request) =>
      serve(async () => {
        // Looking may change the state: it is read after that.
        const found = await books.look();
        return books.write(decideMove(books.state, request, found, now()));
      }),
    {
      validator: (request) => {
        check(MoveRequestCheck, request);
        if (request.to.model !== name)
          throw ApplicationFailure.nonRetryable(
            `version ${request.to.version} is one of ${request.to.model}, not of ${name}`,
            'InvalidInput',
          );
      },
    },
  );
  setHandler(
    rollbackUpdate,
    (request) => {
      const key = `rollback/${currentUpdateInfo()?.id}`;
      return serve(async () => {
        await books.look();
        books.state = frozen(books.state, true);
        try {
          const decision = decideRollback(books.state, key, request, now());
          if (decision.kind === 'refuse' && (request.to ?? books.ledger.previous) === null)
            throw ApplicationFailure.nonRetryable(decision.message, 'InvalidInput');
          return await books.write(decision);
        } finally {
          books.state = frozen(books.state, false);
        }
      });
    },
    { validator: (request) => check(RollbackRequestCheck, request) },
  );

  setHandler(
    archiveUpdate,
    (request) =>
      serve(async () => {
        await books.look();
        const { champion, note } = books.ledger;
        if (request.version === champion) throw ApplicationFailure.nonRetryable(serves(name, champion), 'InvalidInput');
        const next = archived(books.ledger, request, now());
        if (next) await books.keep({ ...books.state, ledger: next });
        if (next) books.packs.owe(request.version);
        return { already: next === null, ...books.noteSince(note) };
      }),
    { validator: (request) => check(ArchiveRequestCheck, request) },
  );

  // These two ask nobody: they are answered while MLflow is away and others wait for it.
  setHandler(
    claimUpdate,
    (request) => {
      updates++;
      const claimed = claim(uses, request);
      uses = claimed.uses;
      return claimed.answer;
    },
    { validator: (request) => check(ClaimRequestCheck, request) },
  );
  setHandler(
    settleUpdate,
    (request) => {
      updates++;
      uses = settle(uses, request);
    },
    { validator: (request) => check(SettleRequestCheck, request) },
  );

  // The ledger can be asked for before the first request; when MLflow refuses, that request will say so.
  if (!books.known) await mutex.run(() => books.look()).catch(() => undefined);
  if (underWay(books.state, now()).length > 0) void books.readBack();
  books.keepMoves();
  books.packs.resume();
  await condition(() => workflowInfo().continueAsNewSuggested || updates >= updatesAHistory);
  await Promise.all([books.kept.settle(), books.packs.settle()]);
  await condition(allHandlersFinished);
  await continueAsNew<typeof model>({
    ...parsed.data,
    state: { ...books.state, uses, kept: books.kept.epoch, packs: books.packs.owed() },
  } satisfies ModelArguments);
}

const serves = (model: string, champion: string) =>
  `version ${champion} is the champion of ${model}, which serves: make another one champion first, ` +
  `\`ratchet model promote ${model}@VERSION\` or \`ratchet rollback ${model} --reason TEXT\`, and archive it then`;

/** By whom a version waits, and why. */
function registration({ tags, verdict }: RegisterRequest): { by: string; reason: string } {
  const against =
    verdict.against === null ? 'with no champion to be better than' : `against version ${verdict.against}`;
  return { by: tags['ratchet.run'] ?? 'a registration', reason: `${verdict.outcome} ${against}` };
}
