import { InputError } from '../../graph/errors.ts';
import { failureOf } from '../../protocol/rpc.ts';
import { t } from '../l10n.ts';

/** Refused in Restricted Mode. */
export class NeedsTrust extends InputError {
  constructor(message = t('In Restricted Mode nothing is run or written: this needs a trusted workspace.')) {
    super(message);
  }
}

/** What a message offers beside its text. */
export type Action = 'log' | 'resume' | 'setup' | 'health' | 'trust';

/** A failed command, as it is reported. Null: the user stopped it, and knows. */
export interface ErrorReport {
  readonly severity: 'error' | 'warning';
  readonly text: string;
  readonly actions: readonly Action[];
  /** for the log */
  readonly detail: string;
}

/**
 * How a failure is reported: what the user can fix is one sentence; what is our fault says so and leads to the log.
 * @param run whether it happened to a run, which can be resumed
 */
export function tell(error: unknown, run = false): ErrorReport | null {
  const { kind, message, detail } = failureOf(error);
  if (kind === 'cancelled') return null;
  const actions: Action[] = [];
  if (error instanceof NeedsTrust) actions.push('trust');
  if (/tensorflow/i.test(message) && /not found|missing|can't|could not|no tensorflow|build/i.test(message))
    actions.push('setup');
  if (run && kind === 'internal') actions.push('resume');
  if (kind === 'internal' || !actions.length) actions.push('log');
  if (kind === 'internal') actions.push('health');
  return {
    severity: kind === 'input' ? 'warning' : 'error',
    text: kind === 'input' ? message : t('Espalier failed: {0}', oneLine(message)),
    actions,
    detail: detail ?? message,
  };
}

/** Messages take one line; the log has the rest. */
function oneLine(text: string): string {
  const line = text.split('\n').find((part) => part.trim()) ?? t('no reason was given');
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
