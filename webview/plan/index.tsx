import { Empty } from '../components/state-view.tsx';
import { draft } from '../state.ts';
import { t } from '../strings.ts';
import { SensitivityCard } from '../sensitivity/card.tsx';
import { AdvancedCard } from './advanced-card.tsx';
import { GoalCard } from './goal-card.tsx';
import { ImagesCard } from './images-card.tsx';
import { MethodCard } from './method-card.tsx';
import './plan.css';
import { SummaryCard } from './summary-card.tsx';

/** What to prune towards, with what, and how: with an answer at once to whether it can be reached. */
export function Plan() {
  if (!draft.value)
    return (
      <Empty title={t('There is no model to prune')}>
        {t(
          'This panel compares two files. Right-click a model file and choose Prune Channels… to plan a run.',
        )}
      </Empty>
    );
  return (
    <div class="view plan">
      <div class="plan-cards">
        <ImagesCard />
        <GoalCard />
        <MethodCard />
        <AdvancedCard />
        <SensitivityCard />
      </div>
      <SummaryCard />
    </div>
  );
}
