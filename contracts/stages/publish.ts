import { z } from 'zod';
import { VersionRef } from '../data.ts';
import { defineStage } from './stage.ts';

const text = (pattern: RegExp, wanted: string) => z.string().regex(pattern, wanted);
/** As the Hub takes them: letters, digits, `-`, `_`, `.`; neither `--` nor `..`, and no `.git` at the end. */
const Repo = text(
  /^(?!.*(?:--|\.\.))(?!.*\.git$)[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?\/[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/,
  'expected organization/name of letters, digits, - _ and ., each at most 96, without -- or .. and not ending in .git',
);
const ref = (also: string) =>
  new RegExp(`^(?![0-9a-f]{40}$)(?!.*(?:\\.\\.|\\.lock$|\\.$))(?:[A-Za-z0-9]${also})(?:[\\w.+-]${also}){0,99}$`);
const wanted = 'expected letters, digits, . _ + -, at most 100, and no SHA of a commit';
const Branch = text(ref(''), wanted);
const Tag = text(ref('|\\{version\\}'), `${wanted}; {version} stands for the version's number`);

/**
 * Puts a registered version on Hugging Face's Hub as one commit: the model's files, a model card, `ratchet.json`; and tags it. The same version in the same words is the same commit, however often it is asked. Runs where the worker has `HF_TOKEN`.
 * @example
 * ```ts
 * const released = (graph: Graph, candidate: Ref<ModelRef>, verdict: Ref<Verdict>) => {
 *   const { ref } = graph.run(register, { candidate, verdict });
 *   return graph.run(publish, { version: ref, repo: 'acme/flight-delays', tag: 'v{version}', create: true });
 * };
 * ```
 */
export const publish = defineStage({
  name: 'publish',
  version: '1',
  input: z.strictObject({
    version: VersionRef,
    repo: Repo,
    branch: Branch.default('main'),
    /** Made on the commit, and never moved. `v{version}`: of each version another. */
    tag: Tag.optional(),
    /** Makes the repo where there is none. */
    create: z.boolean().default(false),
    /** true: publishing to a public repo is refused; a repo that is made is private unless false. */
    private: z.boolean().optional(),
    /** An SPDX identifier as the Hub has them; absent: what the card says stays. */
    license: text(/^[a-z0-9][a-z0-9.+-]{0,60}$/, 'expected a license such as apache-2.0, or other').optional(),
    /** Default: HF_ENDPOINT of the worker, or https://huggingface.co. */
    endpoint: text(/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])\S+$/, 'expected https://…').optional(),
    /** Variable of the worker's environment that holds the token, or with _FILE behind it names its file. */
    token: z
      .string()
      .refine((name) => /^HF_TOKEN(_[A-Z0-9]+)*$/.test(name), {
        path: ['name'],
        error: 'give the name of a variable of the worker, HF_TOKEN or HF_TOKEN_…; never the token itself',
      })
      .default('HF_TOKEN'),
  }),
  /** `revision`: the commit's full SHA. `already`: nothing was to be sent. */
  output: z.object({
    repo: z.string(),
    revision: z.string(),
    tag: z.string().nullable(),
    url: z.string(),
    already: z.boolean(),
  }),
  settings: { effect: true, timeout: '12h' },
});
