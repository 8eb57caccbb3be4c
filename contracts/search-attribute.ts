/** What a workflow is found by in Temporal. */
import { defineSearchAttributeKey } from '@temporalio/common';
import type { searchAttributes } from './names.ts';

/** One of ours with its value, as starting a workflow, a schedule and an upsert take it. */
export const searchAttribute = (name: keyof typeof searchAttributes, value: string) => ({
  key: defineSearchAttributeKey(name, 'KEYWORD'),
  value,
});
