import { defineStep } from '../define-step.ts';
export default defineStep;
