import { step } from '../../contracts/step.ts';
export default step;
