// Class folders of files, for hostile sets.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** `count` files in each of two classes, all of the same bytes: [name, bytes]. */
export const images = (count = 40, bytes, ending = 'png') =>
  ['a', 'b'].flatMap((c) => Array.from({ length: count }, (_, i) => [`${c}/${i}.${ending}`, bytes]));

export function folder(root, files) {
  for (const [name, bytes] of files) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), bytes);
  }
  return root;
}

/** The same where each file is made by itself. */
export function inClasses(root, count, make, ending = 'png') {
  for (const c of ['a', 'b']) {
    mkdirSync(path.join(root, c), { recursive: true });
    for (let i = 0; i < count; i++) make(path.join(root, c, `${i}.${ending}`));
  }
  return root;
}
