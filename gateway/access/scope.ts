/** What a token may do: verbs on pipelines, written `flight-delays:run,view` or `team-*:trigger` or `*:*`. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';

/**
 * view: status, runs, decisions, progress · run: ask for a run · trigger: report events, all webhooks · labels: report
 * labels · approve: answer what a run waits for, as the token's owner · features: read online features, push: write them, of
 * the feature server, where scopes name views. None implies another.
 * @internal
 */
export const verbs = ['view', 'run', 'trigger', 'labels', 'approve', 'features', 'push'] as const;
export type Verb = (typeof verbs)[number];

/** A pipeline's name, or the beginning of one with `*`. Matched by hand: no pattern of a user's becomes a regular expression. */
const PipelinePattern = z
  .string()
  .regex(
    /^(\*|[A-Za-z][A-Za-z0-9_.-]{0,63}\*?)$/,
    'a pipeline, the beginning of one with "*" behind it, or "*" is wanted',
  );

export const Scope = z.strictObject({
  pipeline: PipelinePattern,
  verbs: z.array(z.enum(verbs)).min(1),
});
export type Scope = z.output<typeof Scope>;

/** @throws UserError InvalidInput that says what is wrong with the text. */
export function parseScope(text: string): Scope {
  const at = text.indexOf(':');
  const given = at < 0 ? [] : text.slice(at + 1).split(',');
  const parsed = Scope.safeParse({
    pipeline: at < 0 ? text : text.slice(0, at),
    verbs: given.includes('*') ? [...verbs] : [...new Set(given)],
  });
  if (parsed.success) return parsed.data;
  throw new UserError(
    'InvalidInput',
    `The scope "${text.slice(0, 100)}" cannot be read: write PIPELINE:VERB[,VERB], for example flight-delays:run,view or *:trigger. Verbs: ${verbs.join(', ')}, or *.`,
  );
}

export const scopeText = ({ pipeline, verbs: given }: Scope): string =>
  `${pipeline}:${given.length === verbs.length ? '*' : given.join(',')}`;

export function allows(scopes: readonly Scope[], pipeline: string, verb: Verb): boolean {
  return scopes.some((scope) => scope.verbs.includes(verb) && covers(scope.pipeline, pipeline));
}

function covers(pattern: string, pipeline: string): boolean {
  return pattern.endsWith('*') ? pipeline.startsWith(pattern.slice(0, -1)) : pattern === pipeline;
}
