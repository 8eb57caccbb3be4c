/** What is known of a version, read from where it is kept for years: the registry and the store, and never Temporal. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { canonicalJson, type Json } from '#contracts/json.ts';
import { storeKey, versionTag } from '#contracts/names.ts';
import { RunRecord } from '#contracts/run.ts';
import type { ObjectStore } from '#ports/store.ts';
import type { DescribedVersion, RegisteredVersion, Tracking } from '#ports/tracking.ts';
import { type MoveRecord, readMoves } from '../moves.ts';
import { namesRecord } from '../runs.ts';
import { type PackApprovals, PackVerdict } from './bindings.ts';
import type { PackEvent } from './events.ts';
import { lineageOf } from './lineage.ts';
import { MOST_BYTES, sha256 } from './statement.ts';
import { storyOf } from './story.ts';
import { measurements, type TriggerEvidence, triggerEvidence } from './trigger-evidence.ts';

export interface PackSources {
  store: Pick<ObjectStore, 'get' | 'head' | 'list' | 'key' | 'uri'>;
  registry: Pick<Tracking, 'version'>;
}

export interface Gathered {
  model: string;
  version: string;
  /** 64 hex digits; null: a version that Ratchet did not register. */
  modelDigest: string | null;
  files: Map<string, Buffer>;
  events: PackEvent[];
  /** In words. */
  missing: string[];
  /** A run of Ratchet's whose record is not there: it goes on, or its store was away at its end. */
  waitsFor: string | null;
}

/** Runs that a version passed through beside the one that registered it: retries, and those that promoted it again. */
const MORE_RUNS = 5;

/** Null: the registry has no such version. */
export async function gather(sources: PackSources, model: string, version: string): Promise<Gathered | null> {
  const registered = await sources.registry.version(model, version);
  if (registered === null) return null;
  const { store } = sources;
  const { tags } = registered;
  const found = new Map<string, Buffer>();
  const missing: string[] = [];
  const moves = (await readMoves(store, model)).filter(({ from, to }) => from === version || to === version);

  const runId = tags['ratchet.run'] ?? null;
  const records: RunRecord[] = [];
  for (const [at, id] of runsOf(runId, moves, version).entries()) {
    const name = at === 0 ? 'run.json' : `run-${at + 1}.json`;
    const bytes = namesRecord(store, id) ? await small(store, storeKey.record(id), missing, name) : null;
    const record = bytes && RunRecord.safeParse(parsed(bytes)).data;
    if (bytes && record) {
      found.set(name, bytes);
      records.push(record);
    } else if (at === 0) missing.push(`${name}: the store has no record of ${id} (yet, if it goes on)`);
  }
  const waits = runId !== null && !found.has('run.json') && namesRecord(store, runId) ? runId : null;
  if (runId === null) missing.push('run.json: the version was not registered by a run of Ratchet');

  const judged = verdictOf(records, tags['ratchet.verdict.digest']);
  if (judged) put(found, 'verdict.json', judged);
  else missing.push('verdict.json: no record has the verdict');
  const evidence = await evidenceOf(store, judged?.verdict ?? null, registered);
  if (Buffer.isBuffer(evidence)) found.set('evidence.json', evidence);
  else missing.push(`evidence.json: ${evidence}`);

  const approvals: PackApprovals = {
    approvals: records.flatMap(({ run, approvals }) => approvals.map((each) => ({ ...each, run: run.id }))),
    escalations: records.flatMap(({ run, escalations = [] }) => escalations.map((each) => ({ ...each, run: run.id }))),
  };
  put(found, 'approvals.json', approvals);
  put(found, 'moves.json', moves);
  const gap = gapIn(moves, version);
  if (gap) missing.push(gap);

  const [first] = records;
  let trigger: TriggerEvidence | null = null;
  if (first) {
    trigger = await triggerEvidence(store, first);
    put(found, 'trigger.json', trigger);
    for (const [at, { uri, digest }] of measurements(trigger.told).entries())
      await copyMeasured(store, found, missing, { name: `measured-${at + 1}.json`, uri, digest });
    if (trigger.notFound.length > 0)
      missing.push(
        `trigger.json: ${trigger.notFound.length} pieces of evidence that the trigger names are not in the store`,
      );
  }
  const modelDigest = /^sha256:([0-9a-f]{64})$/.exec(tags[versionTag.digest] ?? '')?.[1] ?? null;
  if (modelDigest === null) missing.push('the model’s digest: the registry does not say it');
  put(found, 'version.json', versionFile(registered));
  put(found, 'lineage.json', lineageOf(registered, records));
  const events = storyOf({ registered, modelDigest, records, verdict: judged?.verdict ?? null, approvals, moves });
  return { model, version, modelDigest, files: found, events, missing, waitsFor: waits };
}

/** What the registry says of the version beside the model's description, which people may write anew. */
function versionFile({ model, version, runId, source, stage, created, tags }: DescribedVersion): Json {
  return { model, version, mlflowRun: runId, source, stage, created: new Date(created).toISOString(), tags };
}

/** The one that registered it first, then those that made it champion. `by` of a promotion is `<run id> (<who>)`. */
function runsOf(runId: string | null, moves: readonly MoveRecord[], version: string): string[] {
  const promoting = moves
    .filter(({ kind, to }) => kind === 'promotion' && to === version)
    .flatMap(({ by }) => /^(.+) \(.*\)$/s.exec(by)?.[1] ?? []);
  return [...new Set([...(runId === null ? [] : [runId]), ...promoting])].slice(0, 1 + MORE_RUNS);
}

const GateOutcome = z.looseObject({ record: PackVerdict });
const GateInput = z.looseObject({ rules: z.custom<Json>(), checks: z.custom<Json>().optional() });
const RegisterInput = z.looseObject({ verdict: PackVerdict });

/** With the rules that it was given by. */
function verdictOf(
  records: readonly RunRecord[],
  digest: string | undefined,
): { verdict: PackVerdict; rules: Json; checks: Json } | null {
  const outcomes = records.flatMap((record) => record.outcomes);
  for (const { output, input } of outcomes) {
    const verdict = GateOutcome.safeParse(output).data?.record;
    if (!verdict || verdict.digest !== digest) continue;
    const { rules = null, checks = null } = GateInput.safeParse(input).data ?? {};
    return { verdict, rules, checks };
  }
  for (const { input } of outcomes) {
    const verdict = RegisterInput.safeParse(input).data?.verdict;
    if (verdict && verdict.digest === digest) return { verdict, rules: null, checks: null };
  }
  return null;
}

/** The bytes, or why there are none. */
async function evidenceOf(
  store: PackSources['store'],
  verdict: PackVerdict | null,
  { tags }: RegisteredVersion,
): Promise<Buffer | string> {
  const uri = verdict?.evidence.uri ?? tags['ratchet.evidence'];
  if (uri === undefined) return 'nothing says where it is';
  const key = keyOf(store, uri);
  const size = key === null ? null : await store.head(key);
  if (key === null || size === null) return `${uri} is not in the store`;
  if (size.bytes > MOST_BYTES) return `${uri} has ${size.bytes} bytes, a file of a pack has at most ${MOST_BYTES}`;
  const bytes = await store.get(key);
  if (bytes === null) return `${uri} is not in the store`;
  const digest = `sha256:${sha256(bytes)}`;
  if (verdict && digest !== verdict.evidence.digest)
    return `${uri} holds other bytes than were judged on (${digest}, not ${verdict.evidence.digest})`;
  return Buffer.from(bytes);
}

async function copyMeasured(
  store: PackSources['store'],
  found: Map<string, Buffer>,
  missing: string[],
  { name, uri, digest }: { name: string; uri: string; digest: string },
): Promise<void> {
  const key = keyOf(store, uri);
  const bytes = key === null ? null : await small(store, key, missing, name);
  if (bytes && `sha256:${sha256(bytes)}` === digest) found.set(name, bytes);
  else missing.push(`${name}: ${uri}, what the trigger rests on, is not in the store as it was measured`);
}

/** Null, and said, where it is too large for a pack. */
async function small(
  store: PackSources['store'],
  key: string,
  missing: string[],
  name: string,
): Promise<Buffer | null> {
  const size = await store.head(key);
  if (size && size.bytes > MOST_BYTES) {
    missing.push(`${name}: ${store.uri(key)} has ${size.bytes} bytes, a file of a pack has at most ${MOST_BYTES}`);
    return null;
  }
  const bytes = size && (await store.get(key));
  return bytes && Buffer.from(bytes);
}

/** Null: an address of another store. */
function keyOf(store: PackSources['store'], uri: string): string | null {
  try {
    return store.key(uri);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** A version that lost the alias without a word of how it got it: earlier versions of Ratchet kept no moves. */
function gapIn(moves: readonly MoveRecord[], version: string): string | null {
  const [first] = moves;
  return first && first.from === version
    ? `moves.json: how the version became champion before ${first.at} is not in the store`
    : null;
}

const put = (files: Map<string, Buffer>, name: string, value: unknown) =>
  files.set(name, Buffer.from(`${canonicalJson(value)}\n`));

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
