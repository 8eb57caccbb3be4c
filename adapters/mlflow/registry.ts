/** Registered models, their versions and aliases. */

import { alias as aliases, versionTag } from '#contracts/names.ts';
import { readTrainingTag } from '#contracts/training-rows.ts';
import type { DescribedVersion, RegisteredModel, Tracking, VersionFilter } from '#ports/tracking.ts';
import { RegisteredModelsAnswer, type Version, VersionAnswer, VersionsAnswer } from './answers.ts';
import { hasNoStages, isDuplicate, isMissing, MlflowRefusal } from './failures.ts';
import type { MlflowHttp } from './http.ts';
import { quoted } from './runs.ts';

const api = 'api/2.0/mlflow';

/** Most versions that one answer brings. */
const PAGE = 1000;
const MODELS_PAGE = 100;

type Registry = Pick<
  Tracking,
  | 'version'
  | 'versions'
  | 'newestVersions'
  | 'everyVersion'
  | 'createVersion'
  | 'describeVersion'
  | 'deleteVersion'
  | 'alias'
  | 'setAlias'
  | 'setStage'
  | 'registeredModels'
  | 'champion'
  | 'championOf'
>;

export function createRegistry(http: MlflowHttp, modelDigest: Tracking['modelDigest']): Registry {
  const alias: Registry['alias'] = async (model, name) => {
    try {
      const answer = await http.ask('get', `${api}/registered-models/alias`, {
        doing: `reading the alias ${name} of ${model}`,
        schema: VersionAnswer,
        query: { name: model, alias: name },
      });
      return registered(answer.model_version);
    } catch (error) {
      // MLflow answers 400 INVALID_PARAMETER_VALUE for an alias that nothing holds.
      const none = error instanceof MlflowRefusal && /alias .* not found/i.test(error.message);
      if (none || isMissing(error)) return null;
      throw error;
    }
  };

  /** @param order a column that never changes: by MLflow's own, the last update, a version that is updated between two pages is on neither */
  async function* search(what: string, query: SearchQuery): AsyncGenerator<Version> {
    const { filter, order, most = Number.POSITIVE_INFINITY } = query;
    let left = most;
    let page: string | undefined;
    do {
      const params = new URLSearchParams(order.map((column): [string, string] => ['order_by', column]));
      if (filter !== undefined) params.set('filter', filter);
      params.set('max_results', String(Math.min(PAGE, left)));
      if (page) params.set('page_token', page);
      const answer = await http.ask('get', `${api}/model-versions/search`, {
        doing: `listing ${what}`,
        schema: VersionsAnswer,
        query: params,
      });
      yield* answer.model_versions;
      left -= answer.model_versions.length;
      page = answer.next_page_token || undefined;
    } while (page && left > 0);
  }

  async function versionsOf(model: string, query: Omit<SearchQuery, 'filter'>, only?: VersionFilter) {
    const conditions = [`name=${quoted(model)}`, ...(only ? [condition(only)] : [])];
    const found: Version[] = [];
    const filter = conditions.join(' AND ');
    for await (const version of search(`versions of ${model}`, { ...query, filter })) found.push(version);
    return found.map(registered).sort((a, b) => Number(a.version) - Number(b.version));
  }

  const championOf: Registry['championOf'] = async ({ model, version, runId, source, tags }) => {
    const uri = /^(models:\/m-|runs:\/)/.test(source) ? source : `models:/${model}/${version}`;
    // A version that somebody else registered carries no digest yet.
    const digest = tags[versionTag.digest] ?? (await modelDigest(uri));
    const training = readTrainingTag(tags[versionTag.training]);
    return { kind: 'champion', model, version, runId, uri, digest, ...(training ? { training } : {}) };
  };

  return {
    alias,

    async registeredModels(only) {
      const found: RegisteredModel[] = [];
      let page: string | undefined;
      do {
        const answer = await http.ask('get', `${api}/registered-models/search`, {
          doing: only === undefined ? 'listing registered models' : `reading the registered model ${only}`,
          schema: RegisteredModelsAnswer,
          query: {
            ...{ max_results: MODELS_PAGE, order_by: 'name ASC' },
            ...(only === undefined ? {} : { filter: `name=${quoted(only)}` }),
            ...(page ? { page_token: page } : {}),
          },
        });
        for (const {
          name,
          description,
          tags,
          aliases: held,
          last_updated_timestamp: updated,
        } of answer.registered_models)
          if (tags['mlflow.prompt.is_prompt'] !== 'true')
            found.push({
              ...{ name, description, updated },
              aliases: Object.fromEntries(held.map(({ alias: held, version }) => [held, version])),
            });
        page = answer.next_page_token || undefined;
      } while (page);
      return found;
    },

    async version(model, version) {
      // What is no number MLflow refuses as a mistake: a version called so there is none.
      if (!/^\d+$/.test(version)) return null;
      try {
        const answer = await http.ask('get', `${api}/model-versions/get`, {
          doing: `reading version ${version} of ${model}`,
          schema: VersionAnswer,
          query: { name: model, version },
        });
        return registered(answer.model_version);
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },

    versions: (model, only) => versionsOf(model, { order: ['version_number ASC'] }, only),

    newestVersions: (model, most) => versionsOf(model, { order: ['version_number DESC'], most }),

    async *everyVersion() {
      const order = ['name ASC', 'version_number ASC'];
      for await (const version of search('all versions', { order })) yield registered(version);
    },

    async createVersion({ model, source, runId, description, about = '', tags }) {
      const loggedModel = /^models:\/(m-[0-9a-zA-Z]+)$/.exec(source)?.[1];
      const create = () =>
        http.ask('post', `${api}/model-versions/create`, {
          doing: `registering a version of ${model}`,
          schema: VersionAnswer,
          body: {
            name: model,
            source,
            run_id: runId,
            description,
            tags: entries(tags),
            ...(loggedModel ? { model_id: loggedModel } : {}),
          },
        });
      try {
        return registered((await create()).model_version);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
      await http
        .ask('post', `${api}/registered-models/create`, {
          doing: `creating the registered model ${model}`,
          body: { name: model, description: about },
        })
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
        });
      return registered((await create()).model_version);
    },

    async describeVersion({ model, version, description, tags }) {
      if (description !== undefined)
        await http.ask('patch', `${api}/model-versions/update`, {
          doing: `describing version ${version} of ${model}`,
          body: { name: model, version, description },
        });
      for (const { key, value } of entries(tags))
        await http.ask('post', `${api}/model-versions/set-tag`, {
          doing: `tagging version ${version} of ${model}`,
          upsert: true,
          body: { name: model, version, key, value },
        });
    },

    async deleteVersion(model, version) {
      await http
        .ask('delete', `${api}/model-versions/delete`, {
          doing: `deleting version ${version} of ${model}`,
          body: { name: model, version },
        })
        .catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
    },

    async setAlias(model, name, version) {
      if (version !== null) {
        await http.ask('post', `${api}/registered-models/alias`, {
          doing: `moving the alias ${name} of ${model} to version ${version}`,
          upsert: true,
          body: { name: model, alias: name, version },
        });
        return;
      }
      if ((await alias(model, name)) === null) return;
      await http.ask('delete', `${api}/registered-models/alias`, {
        doing: `removing the alias ${name} of ${model}`,
        body: { name: model, alias: name },
      });
    },

    async setStage({ model, version, stage, alone }) {
      try {
        await http.ask('post', `${api}/model-versions/transition-stage`, {
          doing: `moving version ${version} of ${model} to the stage ${stage}`,
          upsert: true,
          body: { name: model, version, stage, archive_existing_versions: alone },
        });
        return 'set';
      } catch (error) {
        if (hasNoStages(error)) return 'none';
        if (isMissing(error)) return 'gone';
        throw error;
      }
    },

    async champion(model) {
      const version = await alias(model, aliases.champion);
      return version && championOf(version);
    },

    championOf,
  };
}

interface SearchQuery {
  filter?: string;
  /** Columns with their direction. */
  order: string[];
  /** Default: all. */
  most?: number;
}

const condition = (only: VersionFilter) =>
  'source' in only ? `source_path=${quoted(only.source)}` : `tags.\`${only.tag}\` = ${quoted(only.is)}`;

const entries = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));

const registered = (version: Version): DescribedVersion => ({
  model: version.name,
  version: version.version,
  runId: version.run_id,
  source: version.source,
  tags: version.tags,
  stage: version.current_stage,
  created: version.creation_timestamp,
  description: version.description,
});
