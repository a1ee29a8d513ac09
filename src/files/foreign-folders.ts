/** Folders that other programs fill, in which neither models nor images of the user's own are looked for. */
export const foreignFolders: readonly string[] = ['node_modules', '__pycache__', 'venv'];
