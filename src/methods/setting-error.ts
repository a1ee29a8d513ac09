import type * as z from 'zod';

/** One sentence for the first thing that is wrong. */
export function settingError(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue.code === 'unrecognized_keys')
    return `there is no setting "${issue.keys.join('", "')}" for this method`;
  return `setting "${issue.path.join('.')}": ${issue.message}`;
}
