/** Model registries in memory, one a model. */
import type { AccountActivities, CreateVersionRequest, KeptMove, ModelActivities } from '#contracts/activities.ts';
import type { VersionRef } from '#contracts/data.ts';
import type { StagedVersion } from '#contracts/messages.ts';

/** A registry with the rules of MLflow's aliases (last write wins) and none of its HTTP. */
export class Registry implements ModelActivities, AccountActivities {
  versions: CreateVersionRequest[] = [];
  champion: string | null = null;
  previous: string | null = null;
  /** As they were told last. */
  stages: StagedVersion[] = [];
  /** What somebody set by hand beside the champion's alias. */
  apart: string[] = [];
  /** Moves of the aliases. */
  writes: string[] = [];
  /** As they were told to the store. */
  moves: KeptMove[] = [];
  /** Thrown by the next so many writes. */
  failures: Error[] = [];
  /** What the answer to a write that was done waits for. */
  answering: Promise<unknown> | null = null;

  ref(version: string, model: string): VersionRef {
    const request = this.versions[Number(version) - 1];
    return {
      kind: 'version',
      model,
      version,
      digest: request?.candidate.digest ?? `d${version}`,
      runId: `r${version}`,
      uri: `models:/${model}/${version}`,
      verdict: { digest: 'v', against: null },
    };
  }
  createVersion = async (request: CreateVersionRequest) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const found = this.versions.findIndex(({ key }) => key === request.key);
    if (found < 0) this.versions.push(request);
    return {
      version: this.ref(String(found < 0 ? this.versions.length : found + 1), request.model),
      already: found >= 0,
    };
  };
  setAliases = async ({ champion, previous, stages = [] }: Parameters<ModelActivities['setAliases']>[0]) => {
    const failure = this.failures.shift();
    if (failure) throw failure;
    if (champion !== this.champion || previous !== this.previous) this.writes.push(`${champion}/${previous}`);
    this.champion = champion;
    this.previous = previous;
    this.stages = stages;
    this.apart = [];
    await this.answering;
    return { unsure: false, kept: 'stages' as const };
  };
  /** Whether the store takes moves now. */
  storeAway = false;
  keepMove = async (move: KeptMove) => {
    if (this.storeAway) throw new Error('the store is away');
    this.moves.push(move);
  };
  /** Versions whose pack was written, in order. */
  packs: string[] = [];
  /** Whether the run's record is there. */
  recorded = true;
  keepPack = async ({ version }: { version: string }) => {
    this.packs.push(version);
    if (!this.recorded) throw new Error('the run goes on');
  };
  readAliases = async ({ model }: { model: string }) => {
    const { version, digest, runId, uri } = this.ref(this.champion ?? '', model);
    return {
      champion: this.champion === null ? null : { kind: 'champion' as const, model, version, digest, runId, uri },
      previous: this.previous,
      apart: this.apart,
    };
  };
}

/** Registries by model's name, and the activities that write them. */
export function registries(): {
  registry: (model: string) => Registry;
  activities: ModelActivities & AccountActivities;
} {
  const all = new Map<string, Registry>();
  const registry = (model: string): Registry => {
    const found = all.get(model) ?? new Registry();
    all.set(model, found);
    return found;
  };
  return {
    registry,
    activities: {
      createVersion: (request) => registry(request.model).createVersion(request),
      setAliases: (request) => registry(request.model).setAliases(request),
      readAliases: (request) => registry(request.model).readAliases(request),
      keepMove: (move) => registry(move.model).keepMove(move),
      keepPack: (target) => registry(target.model).keepPack(target),
    },
  };
}
