/** The operators, as functions over a {@link GraphBuilder}. Each notes the line that called it. */

import type { z } from 'zod';
import { Duration } from '#contracts/duration.ts';
import type { Template } from '#contracts/plan.ts';
import { approvalProblem } from './approval-problem.ts';
import { callSite } from './call-site.ts';
import { inputProblems } from './check-input.ts';
import { definitionError, place, shownValue } from './definition-error.ts';
import type { AnyStep, GraphBuilder } from './graph-builder.ts';
import type {
  ApprovalSpec,
  BlockOptions,
  ChildOptions,
  ChildWorkflow,
  Graph,
  MapOptions,
  NodeOptions,
  RepeatOptions,
} from './graph-types.ts';
import { sourceOf } from './reference.ts';
import type { Scope } from './scope.ts';
import { template } from './template.ts';

type Body = (...handed: unknown[]) => unknown;

/** What `graph` is called with, beside params, champion and asOf. */
export function operators(builder: GraphBuilder): Graph {
  const required = (value: unknown, scope: Scope, at: string | null, what: string): Template => {
    const made = template(value, { scope, at, what });
    if (made === undefined) throw definitionError(at, `${what} is missing.`);
    return made;
  };
  const input = (schema: z.ZodType, value: unknown, scope: Scope, at: string | null, name: string): Template => {
    const made = required(value, scope, at, `the input of ${name}`);
    const problems = inputProblems(schema, made);
    if (problems.length > 0) throw definitionError(at, `the input of ${name} is wrong: ${problems.join('; ')}.`);
    return made;
  };

  const needBody = (body: unknown, what: string, at: string | null): void => {
    if (typeof body !== 'function' || sourceOf(body))
      throw definitionError(
        at,
        `${what} is ${sourceOf(body) ? 'a reference' : shownValue(body)}: a function is wanted.`,
      );
  };

  function run(step: AnyStep, value: unknown, options: NodeOptions = {}) {
    const at = callSite(run);
    const scope = builder.scope('run', at);
    if (!isStep(step))
      throw definitionError(
        at,
        `run(…) was given ${shownValue(step)}: the first argument is a step (a stage, or what defineStep or scriptStep returns).`,
      );
    builder.use(step, at);
    if (options.cache === true && step.settings.effect)
      throw definitionError(
        at,
        `${step.name} has an effect outside, and effects are never cached: take out cache: true.`,
      );
    const node = builder.add(
      'run',
      step.name,
      at,
      { step: step.name, input: input(step.input, value, scope, at, step.name) },
      { ...options },
    );
    return builder.ref(node, scope, [step.output]);
  }

  function child(workflow: ChildWorkflow<never, unknown>, value: unknown, options: ChildOptions = {}) {
    const at = callSite(child);
    const scope = builder.scope('child', at);
    const { workflowType, taskQueue } = workflow ?? {};
    if (typeof workflowType !== 'string' || !workflowType || typeof taskQueue !== 'string' || !taskQueue)
      throw definitionError(
        at,
        `child(…) was given ${shownValue(workflow)}: { workflowType, taskQueue, input, output } is wanted.`,
      );
    const base = workflowType.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z]+/, '') || 'child';
    const node = builder.add(
      'child',
      base,
      at,
      {
        step: workflowType,
        input: input(workflow.input, value, scope, at, workflowType),
        options: { queue: taskQueue },
      },
      { ...options },
    );
    return builder.ref(node, scope, [workflow.output]);
  }

  function when(condition: unknown, body: Body, options: BlockOptions = {}) {
    const at = callSite(when);
    const scope = builder.scope('when', at);
    needBody(body, 'the body of when', at);
    if (!sourceOf(condition))
      throw definitionError(
        at,
        `when(…) was given ${shownValue(condition)}: its condition is a reference to a boolean that a step returns. Over params and champion, use an ordinary if.`,
      );
    const node = builder.add(
      'when',
      'when',
      at,
      { condition: required(condition, scope, at, 'the condition of when') },
      { ...options },
    );
    builder.block(node, scope, `the body of ${node.id}`, () => body());
    function otherwise(other: Body) {
      const here = callSite(otherwise);
      needBody(other, 'the body of otherwise', here);
      if (builder.scope('otherwise', here) !== scope)
        throw definitionError(
          here,
          `otherwise(…) of ${node.id}${place(at)} was called inside another body: call it where when(…) is, when(…).otherwise(…).`,
        );
      if (node.blocks?.length === 2)
        throw definitionError(here, `${node.id}${place(at)} has an otherwise already: write the two cases into one.`);
      builder.block(node, scope, `the otherwise of ${node.id}`, () => other());
      return builder.ref(node, scope);
    }
    return builder.ref(node, scope, null, { otherwise });
  }

  const mapper = (kind: 'map' | 'mapSettled') =>
    function mapOver(items: unknown, body: Body, options: MapOptions = {}) {
      const at = callSite(mapOver);
      const scope = builder.scope(kind, at);
      needBody(body, `the body of ${kind}`, at);
      if (!sourceOf(items) && !Array.isArray(items))
        throw definitionError(
          at,
          `${kind}(…) was given ${shownValue(items)}: an array, or a reference to one, is wanted.`,
        );
      const node = builder.add(
        kind,
        kind,
        at,
        { input: required(items, scope, at, `the items of ${kind}`) },
        { ...options },
      );
      builder.block(node, scope, `the body of ${node.id}`, (inner) =>
        body(builder.handed(node, 'item', inner), builder.handed(node, 'index', inner)),
      );
      return builder.ref(node, scope);
    };

  function repeat(initial: unknown, options: RepeatOptions, body: Body) {
    const at = callSite(repeat);
    const scope = builder.scope('repeat', at);
    needBody(body, 'the body of repeat', at);
    if (options?.max === undefined)
      throw definitionError(at, 'repeat(…) has no bound: give { max: … }, the most rounds, 1 to 1,000.');
    const node = builder.add(
      'repeat',
      'repeat',
      at,
      { input: required(initial, scope, at, 'the first state of repeat') },
      { ...options },
    );
    builder.block(node, scope, `the body of ${node.id}`, (inner) => {
      const returned = body(builder.handed(node, 'state', inner), builder.handed(node, 'round', inner));
      if (returned instanceof Promise) return returned;
      const { state, until } = (sourceOf(returned) ? {} : (returned ?? {})) as { state?: unknown; until?: unknown };
      if (state === undefined || !sourceOf(until))
        throw definitionError(
          at,
          `the body of ${node.id} must return { state, until }: the next state, and a reference to a boolean that says when to stop.`,
        );
      return { state, until };
    });
    return builder.ref(node, scope);
  }

  function approval(spec: ApprovalSpec, options: BlockOptions = {}) {
    const at = callSite(approval);
    const scope = builder.scope('approval', at);
    const problem = approvalProblem(spec);
    if (problem) throw definitionError(at, `approval(…): ${problem}.`);
    const { title, evidence, by = [], quorum = 1, timeout, onTimeout, roles, escalateAfter, escalateTo } = spec;
    const more = {
      ...(roles && roles.length > 0 ? { roles } : {}),
      ...(escalateAfter === undefined ? {} : { escalateAfter, escalateTo }),
    };
    const asked = required({ title, evidence, by, quorum, timeout, onTimeout, ...more }, scope, at, 'the approval');
    return builder.ref(builder.add('approval', 'approval', at, { input: asked }, { ...options }), scope);
  }

  function wait(duration: Duration, options: BlockOptions = {}) {
    const at = callSite(wait);
    const scope = builder.scope('wait', at);
    if (!Duration.safeParse(duration).success)
      throw definitionError(
        at,
        `wait(…) was given ${sourceOf(duration) ? 'a reference' : shownValue(duration)}: a number and a unit are wanted, 90s, 15m, 2h or 1d.`,
      );
    return builder.ref(builder.add('wait', 'wait', at, { input: { duration } }, { ...options }), scope);
  }

  function attempt(body: Body, onFailure: Body, options: BlockOptions = {}) {
    const at = callSite(attempt);
    const scope = builder.scope('attempt', at);
    needBody(body, 'the body of attempt', at);
    needBody(onFailure, 'onFailure of attempt', at);
    const node = builder.add('attempt', 'attempt', at, {}, { ...options });
    builder.block(node, scope, `the body of ${node.id}`, () => body());
    builder.block(node, scope, `onFailure of ${node.id}`, (inner) => onFailure(builder.handed(node, 'failure', inner)));
    return builder.ref(node, scope);
  }

  function always(body: Body, options: { id?: string } = {}): void {
    const at = callSite(always);
    const scope = builder.scope('always', at);
    needBody(body, 'the body of always', at);
    if ('after' in options)
      throw definitionError(at, 'always(…) was given "after": it is done when everything else has ended. Take it out.');
    const node = builder.add('always', 'always', at, {}, { ...options });
    builder.block(node, scope, `the body of ${node.id}`, () => body());
  }

  const made = {
    run,
    child,
    when,
    map: mapper('map'),
    mapSettled: mapper('mapSettled'),
    repeat,
    approval,
    wait,
    attempt,
    always,
  };
  // The operators build data and return references of unknown value; Graph says what those values will be.
  return made as unknown as Graph;
}

function isStep(value: unknown): value is AnyStep {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'settings' in value &&
    'input' in value &&
    'name' in value
  );
}
