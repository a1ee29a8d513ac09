import { RunView } from '../components/run-view.tsx';
import { t } from '../strings.ts';
import { CandidateCard } from './candidate-card.tsx';
import { CandidatesTable } from './candidates-table.tsx';
import { ChannelsCard } from './channels-card.tsx';
import { ChartCard } from './chart-card.tsx';
import './tradeoff.css';

/** Accuracy against cost: the chart with the coefficients, the candidate that the panel is about, and all of them. */
export function TradeOff() {
  return (
    <RunView empty={t('A run’s candidates appear here as they are found: accuracy against what each costs.')}>
      {() => (
        <div class="view tradeoff">
          <ChartCard />
          <CandidateCard />
          <ChannelsCard />
          <CandidatesTable />
        </div>
      )}
    </RunView>
  );
}
