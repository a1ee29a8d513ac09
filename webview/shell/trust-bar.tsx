import { openThing } from '../actions.ts';
import { trusted } from '../state.ts';
import { t } from '../strings.ts';
import { Button } from '../ui.tsx';

/** Looking works in a workspace that is not trusted, running doesn't: says so, and offers the way. */
export function TrustBar() {
  if (trusted.value) return null;
  return (
    <div class="message warn" role="status">
      <span class="sign" aria-hidden="true">
        ⚠
      </span>
      <span class="text">
        {t(
          'This workspace is not trusted: networks, runs and comparisons can be looked at, but nothing can be run.',
        )}
      </span>
      <span class="grow" />
      <Button onClick={() => void openThing('trust')}>{t('Manage trust')}</Button>
    </div>
  );
}
