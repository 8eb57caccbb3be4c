/** A node's input, resolved and checked for size before it becomes a payload. */
import { patched } from '@temporalio/workflow';
import { INPUT_LIMIT, type Json, jsonBytes, PAYLOAD_LIMIT } from '#contracts/json.ts';
import type { Instance } from './engine.ts';
import { nodeFailed } from './failure.ts';
import { resolve } from './templates.ts';

/** null for a node without input. Throws NodeFailed (InvalidOutput) past {@link INPUT_LIMIT}. */
export function inputOf({ node, scope, id }: Instance): Json {
  const input = resolve(node.input, scope.value) ?? null;
  const bytes = jsonBytes(input);
  if (bytes > PAYLOAD_LIMIT && (bytes > INPUT_LIMIT || !patched('large inputs lie in the store')))
    throw nodeFailed(
      'InvalidOutput',
      id,
      `node ${id}: its input is ${bytes} bytes of JSON, the limit is ${INPUT_LIMIT}: ` +
        'pass a reference (a dataset or a file in the store) instead of the values themselves',
    );
  return input;
}
