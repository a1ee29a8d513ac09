import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A folder that no repository brings: the one of this program's own files. What Espalier starts works there, because
 * Python, compilers, shims and library loaders take files out of the folder that they are started in.
 */
export const ownFolder = path.dirname(fileURLToPath(import.meta.url));
