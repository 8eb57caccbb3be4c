import { fixture } from '../test/fixture.ts';
export const a = fixture;
