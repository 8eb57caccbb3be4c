#!/usr/bin/env node
// In a clone the sources run as they are, through tsx. The built package has a bin.mjs of its own (`npm run build`).
import { register } from 'tsx/esm/api';

register();
await import(new URL('./main.ts', import.meta.url).href);
