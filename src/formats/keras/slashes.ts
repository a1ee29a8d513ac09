import type { Hdf5 } from '../keras-h5/hdf5.ts';

/** What is asked of a store's groups. */
export type Groups = Pick<Hdf5, 'kind' | 'names' | 'strings'>;

/** Keras 2 on Windows joins a layer's path with backslashes, so that it is one group of the root: "layers\conv2d". */
export const joinedByBackslash = (name: string): boolean => name.includes('\\');

/** Such a group's path as it is written everywhere else. */
export const withSlashes = (name: string): string => `/${name.replaceAll('\\', '/')}`;

/**
 * A store's groups under the paths that they have where Keras wrote it with slashes.
 * @returns the view, and the file's own path of what is found there
 */
export function slashed(h5: Hdf5): { groups: Groups; actual: (path: string) => string } {
  // one that is there with slashes, too, was written by Espalier: the same group by two names
  const roots = h5
    .names('/')
    .filter((name) => joinedByBackslash(name) && h5.kind(withSlashes(name)) === undefined);
  if (roots.length === 0) return { groups: h5, actual: (path) => path };
  const moved = new Map(roots.map((name) => [withSlashes(name), `/${name}`]));
  /** groups that are there only as a part of such names, and what lies in them */
  const above = new Map<string, Set<string>>();
  for (const path of moved.keys())
    for (let at = path.lastIndexOf('/'); at >= 0; at = at > 0 ? path.lastIndexOf('/', at - 1) : -1) {
      const parent = path.slice(0, at);
      const [child] = path.slice(at + 1).split('/');
      const children = above.get(parent);
      if (children) children.add(child);
      else above.set(parent, new Set([child]));
    }
  const actual = (path: string): string => {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
      const group = moved.get(path.slice(0, at));
      if (group !== undefined) return group + path.slice(at);
    }
    return path;
  };
  return {
    actual,
    groups: {
      kind: (path) => h5.kind(actual(path)) ?? (above.has(path) ? 'group' : undefined),
      names: (path) => {
        const own = h5.kind(actual(path)) === 'group' ? h5.names(actual(path)) : [];
        return [...new Set([...own, ...(above.get(path) ?? [])])];
      },
      strings: (path, name) =>
        h5.kind(actual(path)) === undefined ? undefined : h5.strings(actual(path), name),
    },
  };
}
