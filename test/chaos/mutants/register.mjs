// `node --import …/register.mjs`: puts the mutants in the place of the product's modules.
import { register } from 'node:module';

register('./replace.mjs', import.meta.url);
