/** What a job reads and finds in RATCHET_JOB, whoever runs it. */
import { describe, expect, it } from 'vitest';
import type { ChampionRef, DatasetRef, FileRef, ModelRef } from '#contracts/data.ts';
import { inputOf, inputsOf, jobDocument } from '#ports/job-document.ts';

const rows: DatasetRef = {
  ...{ kind: 'dataset', uri: 's3://b/rows', digest: 'md5:1', format: 'csv', rows: 1, bytes: 2 },
  columns: [{ name: 'a', type: 'BIGINT' }],
};
const page: FileRef = { kind: 'file', uri: 's3://b/page', digest: 'md5:2', bytes: 3, name: 'Page.HTML' };
const bare: FileRef = { ...page, uri: 's3://b/bare', name: 'LICENCE' };
const model: ModelRef = {
  ...{ kind: 'model', runId: 'r', uri: 'models:/m-1', digest: 'sha256:3', environment: null, trainedOn: null },
};
const champion: ChampionRef = {
  ...{ kind: 'champion', model: 'm', version: '1', runId: 'r', uri: 'models:/m-2', digest: 'sha256:4' },
};
const places = { output: '/o', checkpoints: '/c', progress: '/p' };
const pathOf = ({ digest }: { digest: string }) => `/there/${digest}`;

describe('an input of a job', () => {
  it('says in which format it is', () => {
    expect([rows, page, bare, model, champion].map((each) => inputOf(each).format)).toEqual([
      ...['csv', 'html', 'file', 'folder', 'folder'],
    ]);
    expect(inputOf(rows)).toEqual({ uri: 's3://b/rows', digest: 'md5:1', format: 'csv' });
  });

  it('is found wherever it is named, once', () => {
    const request = {
      inputs: { features: inputOf(rows) },
      params: { init: model },
      input: { list: [page, { deep: rows }], champion, none: null, kind: 'dataset' },
      seed: 1,
    };
    expect(inputsOf(request).map(({ uri }) => uri)).toEqual([rows, model, page, champion].map(({ uri }) => uri));
  });
});

describe('RATCHET_JOB', () => {
  it('says where each of them was brought to, and leaves all else as it was', () => {
    const request = {
      inputs: { features: inputOf(rows) },
      params: { rate: 0.1, init: model },
      input: { list: [page, { deep: rows }], champion, n: 1, kind: 'dataset' },
      seed: 3,
    };
    expect(jobDocument({ request, resumed: true }, pathOf, places)).toEqual({
      inputs: { features: { path: '/there/md5:1', uri: 's3://b/rows', digest: 'md5:1', format: 'csv' } },
      params: { rate: 0.1, init: { ...model, path: '/there/sha256:3', format: 'folder' } },
      input: {
        list: [{ ...page, path: '/there/md5:2', format: 'html' }, { deep: { ...rows, path: '/there/md5:1' } }],
        champion: { ...champion, path: '/there/sha256:4', format: 'folder' },
        n: 1,
        kind: 'dataset',
      },
      ...{ seed: 3, resumed: true, output: '/o', checkpoints: '/c', progress: '/p' },
    });
  });

  it('has no input for a trainer, which is given none', () => {
    const request = { inputs: {}, params: {}, seed: 0 };
    expect(jobDocument({ request, resumed: false }, pathOf, places)).toEqual({
      ...{ inputs: {}, params: {}, seed: 0, resumed: false },
      ...places,
    });
  });
});
