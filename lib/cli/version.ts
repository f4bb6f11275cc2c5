import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of recstack, from its package.json: beside `lib` in the repository, and beside `build` when installed. */
export const version: string = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')).version;
