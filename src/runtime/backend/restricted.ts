/** Why nothing is looked for. */
export const RESTRICTED = 'not looked for in Restricted Mode: the workspace is not trusted';

let trusted = true;

/** From now on this process looks for no backend outside its own packages: no Python, no compiler, no TensorFlow. */
export function restrict(): void {
  trusted = false;
}

/** The user trusts the workspace; that is never taken back while a window lives. */
export function trust(): void {
  trusted = true;
}

export function isRestricted(): boolean {
  return !trusted;
}
