import { show } from '../actions.ts';
import { Empty, Problem, Waiting } from '../components/state-view.tsx';
import { followed, ready, run } from '../state.ts';
import { t } from '../strings.ts';
import { CandidateCard } from './candidate-card.tsx';
import { CandidatesTable } from './candidates-table.tsx';
import { ChannelsCard } from './channels-card.tsx';
import { ChartCard } from './chart-card.tsx';
import './tradeoff.css';

/** Accuracy against cost: the chart with the coefficients, the candidate that the panel is about, and all of them. */
export function TradeOff() {
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
        {t('A run’s candidates appear here as they are found: accuracy against what each costs.')}
      </Empty>
    );
  if (!shown.cost && load.state === 'error')
    return <Problem text={load.failure.message} detail={load.failure.detail} retry={load.retry} />;
  if (!shown.cost)
    return <Waiting what={t('Reading the run')} since={load.state === 'loading' ? load.since : Date.now()} />;
  return (
    <div class="view tradeoff">
      <ChartCard />
      <CandidateCard />
      <ChannelsCard />
      <CandidatesTable />
    </div>
  );
}
