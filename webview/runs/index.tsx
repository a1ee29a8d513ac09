import { listRuns, show } from '../actions.ts';
import { Empty, StateView } from '../components/state-view.tsx';
import { draft, ready, run, runs } from '../state.ts';
import { t } from '../strings.ts';
import { Checkbox } from '../ui.tsx';
import { remembered } from '../persist.ts';
import * as z from 'zod';
import { RunCard } from './run-card.tsx';
import './runs.css';

const settings = remembered('runs', z.object({ all: z.boolean() }), { all: false });

/** The runs of this workspace, newest first: how they stand, what they found, and what can be done with them. */
export function Runs() {
  const model = ready.value?.model ?? null;
  const { all } = settings.value;
  return (
    <div class="view runs">
      <StateView load={runs.value.value} empty={<None />} isEmpty={(list) => list.length === 0}>
        {(list) => {
          const mine = list.filter((one) => one.model === model);
          const shown = all || model === null || mine.length === 0 ? list : mine;
          const newest = [...shown].sort((a, b) => b.created - a.created);
          return (
            <>
              {mine.length > 0 && mine.length < list.length && (
                <Checkbox checked={all} onChange={(now) => (settings.value = { all: now })}>
                  {t('Runs of other models too ({0})', list.length - mine.length)}
                </Checkbox>
              )}
              <ul class="run-list" aria-label={t('Runs')}>
                {newest.map((one) => (
                  <RunCard
                    key={one.folder}
                    run={one}
                    open={run.value?.run === one.folder}
                    ofThis={one.model === model}
                  />
                ))}
              </ul>
            </>
          );
        }}
      </StateView>
    </div>
  );
}

function None() {
  return (
    <Empty
      title={t('There are no runs yet')}
      action={
        draft.value
          ? { label: t('Plan a run'), run: () => show('plan') }
          : { label: t('Look again'), run: () => void listRuns() }
      }
    >
      {t(
        'A run searches for the channels that can go. It is kept in .espalier/runs and can be stopped and taken up again.',
      )}
    </Empty>
  );
}
