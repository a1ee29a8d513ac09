import { homedir, userInfo } from 'node:os';
import path from 'node:path';

/**
 * The user's home folder, absolute; null where nothing tells it. An empty or relative HOME would be the current folder,
 * perhaps somebody else's repository: then the system's own entry for the user counts.
 */
export function homeFolder(): string | null {
  for (const one of [homedir, () => userInfo().homedir])
    try {
      const home = one();
      if (path.isAbsolute(home)) return home;
    } catch {
      // a user without an entry
    }
  return null;
}
