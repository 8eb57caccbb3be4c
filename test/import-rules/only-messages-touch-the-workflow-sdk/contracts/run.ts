import { defineSignal } from '@temporalio/workflow';
export const stop = defineSignal('stop');
