/** `dvc.yaml`: what may stand in it. */
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { isValueMap, type ParsedYaml, parseYaml, type ValueMap } from './value.ts';

const annotations = {
  desc: z.string().optional(),
  type: z.string().optional(),
  labels: z.array(z.string()).optional(),
  meta: z.unknown().optional(),
};
const Flags = z.strictObject({
  ...annotations,
  /** false: Git keeps the bytes. */
  cache: z.boolean().optional(),
  /** true: not removed before the stage runs. */
  persist: z.boolean().optional(),
  checkpoint: z.boolean().optional(),
  remote: z.string().optional(),
  push: z.boolean().optional(),
});
const PlotFlags = Flags.extend({
  template: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  x_label: z.string().optional(),
  y_label: z.string().optional(),
  title: z.string().optional(),
  header: z.boolean().optional(),
});
const out = (flags: z.ZodType) => z.union([z.string(), z.record(z.string(), flags)]);
const Command = z.union([z.string(), z.array(z.string())], 'a command, or a list of commands, is wanted');
const stageFields = {
  cmd: Command,
  wdir: z.string().optional(),
  deps: z.array(z.string()).optional(),
  params: z.array(z.union([z.string(), z.record(z.string(), z.array(z.string()).nullable())])).optional(),
  vars: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  frozen: z.boolean().optional(),
  meta: z.unknown().optional(),
  desc: z.string().optional(),
  always_changed: z.boolean().optional(),
  outs: z.array(out(Flags)).optional(),
  metrics: z.array(out(Flags)).optional(),
  plots: z.array(out(z.union([PlotFlags, z.array(PlotFlags)]))).optional(),
};
const Single = z.strictObject(stageFields);
const Matrix = z.strictObject({
  ...stageFields,
  matrix: z.record(z.string(), z.union([z.string(), z.array(z.unknown())])),
});
const Foreach = z.strictObject({
  foreach: z.union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())]),
  do: Single,
});
const shapeOf = (definition: unknown): z.ZodType => {
  const keys = Object.keys(typeof definition === 'object' ? (definition ?? {}) : {});
  if (keys.includes('foreach') || keys.includes('do')) return Foreach;
  return keys.includes('matrix') ? Matrix : Single;
};
const File = z.strictObject({
  vars: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  stages: z.record(z.string(), z.unknown()).optional(),
  params: z.array(z.string()).optional(),
  metrics: z.array(z.string()).optional(),
  plots: z.unknown().optional(),
  artifacts: z.unknown().optional(),
  datasets: z.unknown().optional(),
});

/** @throws UserError InvalidPipeline with the line and the column; DataInvalid for what is no YAML */
export function readPipelineFile(text: string, name: string): ValueMap {
  const parsed = parseYaml(text, name);
  check(File, parsed.plain, parsed, name, []);
  const { stages = {} } = parsed.plain as { stages?: Record<string, unknown> };
  for (const [stage, definition] of Object.entries(stages)) {
    if (!/^[\w-]+$/u.test(stage) || stage === '')
      throw new UserError(
        'InvalidPipeline',
        `${name}${parsed.at(['stages', stage])}: a stage cannot be called "${stage}": letters, digits, _ and - are allowed`,
      );
    check(shapeOf(definition), definition, parsed, name, ['stages', stage]);
  }
  return isValueMap(parsed.value) ? parsed.value : new Map();
}

function check(shape: z.ZodType, value: unknown, parsed: ParsedYaml, name: string, path: readonly string[]): void {
  const read = shape.safeParse(value);
  if (read.success) return;
  const issue = deepest(read.error.issues);
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const at = [...path, ...(issue?.path ?? []), ...unknown];
  const what = unknown.length > 0 ? 'it is not known here' : issue?.message;
  throw new UserError('InvalidPipeline', `${name}${parsed.at(at)}: ${at.map(String).join('.') || 'the file'}: ${what}`);
}

/** Of a union, what comes nearest: the branch that got furthest in. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const [issue] = issues;
  if (issue?.code !== 'invalid_union') return issue;
  const inner = issue.errors.map((each) => deepest(each)).filter((each) => each !== undefined);
  const [best] = inner.sort((a, b) => b.path.length - a.path.length);
  return best && best.path.length > 0 ? { ...best, path: [...issue.path, ...best.path] } : issue;
}
