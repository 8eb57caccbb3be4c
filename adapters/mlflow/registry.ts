/** Registered models, their versions and aliases. */
import type { RegisteredVersion, Tracking } from '#activities/ports/tracking.ts';
import { alias as aliases, versionTag } from '#contracts/names.ts';
import { readTrainingTag } from '#contracts/training-rows.ts';
import { type Version, VersionAnswer, VersionsAnswer } from './answers.ts';
import { isDuplicate, isMissing, MlflowRefusal } from './failures.ts';
import type { MlflowHttp } from './http.ts';
import { quoted } from './runs.ts';

const api = 'api/2.0/mlflow';

type Registry = Pick<
  Tracking,
  | 'versions'
  | 'everyVersion'
  | 'createVersion'
  | 'describeVersion'
  | 'deleteVersion'
  | 'alias'
  | 'setAlias'
  | 'champion'
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

  async function* search(what: string, query: { filter?: string }): AsyncGenerator<Version> {
    let page: string | undefined;
    do {
      const answer = await http.ask('get', `${api}/model-versions/search`, {
        doing: `listing ${what}`,
        schema: VersionsAnswer,
        query: { ...query, max_results: 1000, ...(page ? { page_token: page } : {}) },
      });
      yield* answer.model_versions;
      page = answer.next_page_token || undefined;
    } while (page);
  }

  return {
    alias,

    async versions(model) {
      const found: Version[] = [];
      for await (const version of search(`the versions of ${model}`, { filter: `name=${quoted(model)}` }))
        found.push(version);
      return found.map(registered).sort((a, b) => Number(a.version) - Number(b.version));
    },

    async *everyVersion() {
      for await (const version of search('all versions', {})) yield registered(version);
    },

    async createVersion({ model, source, runId, description, tags }) {
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
          body: { name: model },
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

    async champion(model) {
      const version = await alias(model, aliases.champion);
      if (!version) return null;
      const uri = /^(models:\/m-|runs:\/)/.test(version.source)
        ? version.source
        : `models:/${model}/${version.version}`;
      // A version that somebody else registered carries no digest yet.
      const digest = version.tags[versionTag.digest] ?? (await modelDigest(uri));
      const training = readTrainingTag(version.tags[versionTag.training]);
      const known = training ? { training } : {};
      return { kind: 'champion', model, version: version.version, runId: version.runId, uri, digest, ...known };
    },
  };
}

const entries = (record: Record<string, string>) => Object.entries(record).map(([key, value]) => ({ key, value }));

const registered = (version: Version): RegisteredVersion => ({
  model: version.name,
  version: version.version,
  runId: version.run_id,
  source: version.source,
  tags: version.tags,
});
