/**
 * `model/<registered model>`: the only writer of that model's aliases, one request at a time.
 *
 * Why nothing is lost or done twice: a request that was accepted is in the history; when a worker dies the next one goes on
 * in the middle of it. Both activities that write may be repeated: `createVersion` carries its key inside the creating call
 * and reads back, `setAliases` sets both aliases to what they shall be. The ledger is changed only after MLflow was, so a
 * refused write leaves it as it was. A repeated request finds its key, here or across a continue-as-new.
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  currentUpdateInfo,
  patched,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type { ModelActivities } from '#contracts/activities.ts';
import { HEARTBEAT_TIMEOUT_MS } from '#contracts/heartbeat.ts';
import {
  claimUpdate,
  ledgerQuery,
  lookUpdate,
  type MoveAnswer,
  moveUpdate,
  registerUpdate,
  rollbackUpdate,
  settleUpdate,
} from '#contracts/messages.ts';
import { describe } from '../run/interpreter/failure.ts';
import { claim, settle } from './holdout-uses.ts';
import { KeptMoves } from './kept-moves.ts';
import {
  adopt,
  arrivedLate,
  decideMove,
  decideRollback,
  firstState,
  frozen,
  loggedMoves,
  type MoveDecision,
  type RegistryState,
  registeredAs,
  remember,
  sentUnseen,
  underWay,
} from './ledger.ts';
import { Mutex } from './mutex.ts';
import {
  ClaimRequestCheck,
  ModelArguments,
  type ModelState,
  MoveRequestCheck,
  RegisterRequestCheck,
  RollbackRequestCheck,
  SettleRequestCheck,
} from './requests.ts';

/** From one look at the aliases to the next while a write of ours may still be under way: MLflow's clients give up after 30 s. */
const READ_BACK = ['40s', '2m', '5m'] as const;
/** A history takes 2,000 updates; starting over well before leaves room for those that arrive meanwhile. */
const UPDATES_A_HISTORY = 500;

const mlflow = proxyActivities<ModelActivities>({
  // A handful of REST calls, each with a deadline of its own, and all bytes of a model that is to become champion.
  startToCloseTimeout: '30m',
  // They beat: a worker that dies in the middle must not hold everybody up for that long.
  heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
  // MLflow may be away for long; a promotion waits for it, and those behind it wait, too.
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

export async function model(raw: unknown): Promise<void> {
  const parsed = ModelArguments.safeParse(raw);
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(`model/… needs { model }: ${parsed.error.message}`, 'InvalidInput');
  const { model: name, updatesAHistory = UPDATES_A_HISTORY } = parsed.data;
  const mutex = new Mutex();
  let state = parsed.data.state ?? firstState(name, { champion: null, previous: null });
  // Apart from the rest of the state, which a move writes back after it has waited for MLflow.
  let uses = state.uses ?? [];
  const kept = new KeptMoves(state.kept);
  const keepMoves = () => kept.write(() => state.ledger);
  let known = parsed.data.state !== undefined;
  let updates = 0;
  let readingBack = false;
  const aliases = ({ ledger }: ModelState) => ({
    ...{ model: name, champion: ledger.champion, previous: ledger.previous },
    moves: loggedMoves(ledger),
  });

  /** What MLflow says; the first time it is the ledger's beginning, later a difference is somebody's move by hand. */
  const look = async (): Promise<RegistryState> => {
    let found = await mlflow.readAliases({ model: name });
    if (known && arrivedLate(state, found, now())) {
      await mlflow.setAliases(aliases(state));
      found = await mlflow.readAliases({ model: name });
    }
    state = known ? adopt(state, found, now()) : firstState(name, found);
    known = true;
    keepMoves();
    return found;
  };
  const write = async (decision: MoveDecision): Promise<MoveAnswer> => {
    if (decision.kind === 'answer') return decision.answer;
    if (decision.kind === 'refuse')
      throw ApplicationFailure.nonRetryable(decision.message, 'ChampionMoved', decision.champion);
    let unsure = false;
    try {
      unsure = (await mlflow.setAliases(aliases(decision.next)))?.unsure ?? false;
    } catch (error) {
      // Refused for good, maybe half done: put back what was there, and tell why.
      await mlflow.setAliases(aliases(state)).catch(() => undefined);
      throw error;
    }
    state = decision.next;
    keepMoves();
    if (unsure) {
      state = sentUnseen(state, state.ledger, now());
      void readBack();
    }
    return decision.answer;
  };
  /** A request that was thought lost and comes after a later move would undo that: the aliases are looked at until then. */
  const readBack = async (): Promise<void> => {
    if (readingBack) return;
    readingBack = true;
    for (let wait = 0; underWay(state, now()).length > 0; wait++) {
      await sleep(READ_BACK[Math.min(wait, READ_BACK.length - 1)] ?? '5m');
      await mutex.run(look).catch(() => undefined);
    }
    readingBack = false;
  };
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

  setHandler(ledgerQuery, () => ({ ...state.ledger, busy: mutex.busy }));
  setHandler(lookUpdate, () =>
    serve(async () => {
      await look();
      return { ...state.ledger, busy: false };
    }),
  );
  setHandler(
    registerUpdate,
    (request) =>
      serve(async () => {
        const found = await look();
        const before = registeredAs(state, request, found);
        // What is champion is there; another remembered version somebody may have deleted by hand, so MLflow is asked.
        const sure = before?.version === found.champion?.version || !patched('remembered versions are looked up');
        if (before && sure) return { version: before, already: true };
        const created = await mlflow.createVersion({ ...request, model: name });
        state = remember(state, request.key, created.version);
        return created;
      }),
    { validator: (request) => check(RegisterRequestCheck, request) },
  );
  setHandler(
    moveUpdate,
    (request) =>
      serve(async () => {
        // Looking may change the state: it is read after that.
        const found = await look();
        return write(decideMove(state, request, found, now()));
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
        await look();
        state = frozen(state, true);
        try {
          const decision = decideRollback(state, key, request, now());
          if (decision.kind === 'refuse' && (request.to ?? state.ledger.previous) === null)
            throw ApplicationFailure.nonRetryable(decision.message, 'InvalidInput');
          return await write(decision);
        } finally {
          state = frozen(state, false);
        }
      });
    },
    { validator: (request) => check(RollbackRequestCheck, request) },
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
  if (!known) await mutex.run(look).catch(() => undefined);
  if (underWay(state, now()).length > 0) void readBack();
  keepMoves();
  await condition(() => workflowInfo().continueAsNewSuggested || updates >= updatesAHistory);
  await condition(allHandlersFinished);
  await continueAsNew<typeof model>({
    ...parsed.data,
    state: { ...state, uses, kept: kept.epoch },
  } satisfies ModelArguments);
}

const now = () => new Date().toISOString();

/** Synchronous, as an update's validator must be: a refused request leaves no trace in the history. */
function check(schema: z.ZodType, request: unknown): void {
  const parsed = schema.safeParse(request);
  if (parsed.success) return;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw ApplicationFailure.nonRetryable(`the request is not one: ${issues.join('; ')}`, 'InvalidInput');
}
