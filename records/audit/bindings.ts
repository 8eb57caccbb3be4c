/** What binds the parts of a pack to each other: model, evidence, verdict, approval, move, each by the digest of the one before it. */
import { z } from 'zod';
import { ApproveRequest } from '#contracts/approve-request.ts';
import { canonicalJson } from '#contracts/json.ts';
import { MoveRecord } from '../moves.ts';
import { sha256 } from './statement.ts';

/** The files that say what binds what. */
export const BINDING: readonly string[] = ['verdict.json', 'evidence.json', 'approvals.json', 'moves.json'];

/** `approvals.json`. */
export const PackApprovals = z.strictObject({
  approvals: z.array(z.strictObject({ ...ApproveRequest.shape, at: z.string(), run: z.string() })),
  escalations: z.array(z.strictObject({ node: z.string(), at: z.string(), to: z.array(z.string()), run: z.string() })),
});
export type PackApprovals = z.output<typeof PackApprovals>;

/** Evidence of a step of somebody's own may say less. */
const Measured = z.looseObject({ candidate: z.looseObject({ digest: z.string() }).optional() });

export interface Bindings {
  /** In words. */
  holds: string[];
  broken: { file: string; problem: string }[];
}

/** As it was recorded, with all that later versions may say beyond what this one knows: digests are of all of it. */
export const PackVerdict = z.looseObject({
  kind: z.literal('verdict'),
  outcome: z.string(),
  reasons: z.array(z.string()),
  against: z.string().nullable(),
  evidence: z.looseObject({ uri: z.string(), digest: z.string(), html: z.string().nullable() }),
  digest: z.string(),
});
export type PackVerdict = z.output<typeof PackVerdict>;

/** An approval is of this. */
export const verdictSeen = (verdict: PackVerdict): string => sha256(canonicalJson(verdict));

/** As the gate makes it, and as it did before the looks of its page were left out. */
function verdictDigests(verdict: PackVerdict): string[] {
  const { kind, outcome, reasons, against, distance, comparison, already, evidence } = verdict;
  const said = { kind, outcome, reasons, against, distance, comparison, ...(already ? { already } : {}) };
  const { html: _, ...measured } = evidence;
  return [measured, evidence].map((judged) => `sha256:${sha256(canonicalJson({ ...said, evidence: judged }))}`);
}

/** As `register` and `promote` name their effects. */
const effectOf = (modelDigest: string, verdictDigest: string) => sha256(`sha256:${modelDigest}\n${verdictDigest}`);

/** @param files of a pack, by name; what is not there binds nothing */
export function bindings(files: ReadonlyMap<string, Buffer>, modelDigest: string | null): Bindings {
  const found: Bindings = { holds: [], broken: [] };
  const say = (file: string, holds: boolean, yes: string, no: string) => {
    if (holds) found.holds.push(yes);
    else found.broken.push({ file, problem: no });
  };
  const verdict = read(files, 'verdict.json', z.looseObject({ verdict: PackVerdict }), found)?.verdict;
  const approvals = read(files, 'approvals.json', PackApprovals, found)?.approvals ?? [];
  const moves = read(files, 'moves.json', z.array(MoveRecord), found) ?? [];
  if (!verdict) return found;

  const { evidence, digest } = verdict;
  // One of another form was made by a step of somebody's own, who knows what it is of.
  if (/^sha256:[0-9a-f]{64}$/.test(digest))
    say(
      'verdict.json',
      verdictDigests(verdict).includes(digest),
      `the verdict is the one with the digest ${digest}`,
      `its digest ${digest} is not that of what it says`,
    );
  const bytes = files.get('evidence.json');
  if (bytes) {
    say(
      'evidence.json',
      `sha256:${sha256(bytes)}` === evidence.digest,
      'evidence.json is what the verdict was given on',
      `it is not the evidence that the verdict was given on, ${evidence.digest}`,
    );
    const candidate = read(files, 'evidence.json', Measured, found)?.candidate;
    if (candidate && modelDigest !== null)
      say(
        'evidence.json',
        candidate.digest === `sha256:${modelDigest}`,
        'it was measured of the model that was registered',
        `it was measured of another model, ${candidate.digest}`,
      );
  }
  for (const { by, approved, evidence: looked, at } of approvals)
    if (looked === verdictSeen(verdict))
      found.holds.push(`${by} ${approved ? 'approved' : 'rejected'} this verdict at ${at}`);
  if (modelDigest !== null)
    for (const move of moves.filter((each) => each.kind === 'promotion' && each.key === effectOf(modelDigest, digest)))
      found.holds.push(`move ${move.epoch} made this model champion on this verdict at ${move.at}`);
  return found;
}

function read<T>(
  files: ReadonlyMap<string, Buffer>,
  name: string,
  schema: z.ZodType<T>,
  found: Bindings,
): T | undefined {
  const bytes = files.get(name);
  if (!bytes) return undefined;
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    found.broken.push({ file: name, problem: 'it cannot be read by this version of Ratchet' });
    return undefined;
  }
}
