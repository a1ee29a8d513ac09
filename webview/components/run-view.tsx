import type { ComponentChildren } from 'preact';
import { show } from '../actions.ts';
import type { RunData } from '../../src/terms/run-data.ts';
import { followed, ready, run } from '../state.ts';
import { t } from '../strings.ts';
import { Empty, Problem, Waiting } from './state-view.tsx';

/** A view of the followed run: what to do where none is shown, what is waited for, what went wrong, or its children. */
export function RunView(props: {
  /** what would be shown here, one sentence */
  readonly empty: string;
  readonly children: (shown: RunData) => ComponentChildren;
}) {
  const load = followed.value.value;
  const shown = run.value;
  if (!shown)
    return (
      <Empty
        title={t('No run is shown')}
        action={
          ready.value?.model
            ? { label: t('Plan a run'), run: () => show('plan') }
            : { label: t('Show runs'), run: () => show('runs') }
        }
      >
        {props.empty}
      </Empty>
    );
  if (!shown.cost && load.state === 'error')
    return <Problem text={load.failure.message} detail={load.failure.detail} retry={load.retry} />;
  if (!shown.cost)
    return <Waiting what={t('Reading the run')} since={load.state === 'loading' ? load.since : Date.now()} />;
  return <>{props.children(shown)}</>;
}
