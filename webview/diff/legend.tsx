import { useMemo } from 'preact/hooks';
import type { DiffView } from '../../src/protocol/views.ts';
import { whole } from '../format.ts';
import { t } from '../strings.ts';
import { totals } from './rows.ts';

/** How many channels were kept, removed and added, with the signs that the strips use. */
export function Legend({ diff }: { diff: DiffView }) {
  const sum = useMemo(() => totals(diff.layers), [diff]);
  return (
    <>
      <span class="chip legend-kept">
        <i aria-hidden="true" /> {t('kept {0}', whole(sum.kept))}
      </span>
      <span class="chip legend-removed">
        <i aria-hidden="true" /> {t('removed {0}', whole(sum.removed))}
      </span>
      {sum.added > 0 && (
        <span class="chip legend-added">
          <i aria-hidden="true" /> {t('added {0}', whole(sum.added))}
        </span>
      )}
    </>
  );
}
