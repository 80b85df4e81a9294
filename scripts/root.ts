// Where the repository is. In a file of its own: what only needs this must not load esbuild.
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
/** Where Node keeps what it compiles and strips of types, for the next start. */
export const COMPILE_CACHE = join(ROOT, '.build/compile-cache');
