import { useMemo } from 'preact/hooks';
import { RunView } from '../components/run-view.tsx';
import { Empty } from '../components/state-view.tsx';
import { percent } from '../format.ts';
import { loaded } from '../load.ts';
import type { RunData } from '../../src/terms/run-data.ts';
import { network, status } from '../state.ts';
import { t } from '../strings.ts';
import { CurveCard } from './curve-card.tsx';
import { HeatCard } from './heat-card.tsx';
import { curves, heat } from './series.ts';
import type { Curve } from './series.ts';
import './curves.css';

/** A run over time: losses, the best reward, the method's own measures, and the widths that it would choose. */
export function Curves() {
  return (
    <RunView
      empty={t('A run’s losses, rewards and the method’s own measures are drawn here while it works.')}
    >
      {(shown) => <Shown shown={shown} />}
    </RunView>
  );
}

function Shown({ shown }: { shown: RunData }) {
  const found = useMemo(
    () => curves(shown),
    [shown.losses, ...shown.arms.flatMap((arm) => [arm.generations, arm.metrics])],
  );
  const groups = loaded(network.value.value)?.groups;
  const maps = useMemo(
    () =>
      shown.arms
        .map((arm) =>
          heat(
            arm,
            groups?.map(({ channels }) => channels),
          ),
        )
        .filter((one) => one !== null),
    [groups, ...shown.arms.map(({ widths }) => widths)],
  );
  if (found.length + maps.length === 0)
    return (
      <Empty title={t('No curves yet')}>
        {status.value?.status === 'running' || !shown.done
          ? t('They are drawn after the first epoch. Now: {0}', shown.stage?.message ?? t('starting'))
          : t('This run’s method neither trains nor searches in rounds: it has nothing to draw over time.')}
      </Empty>
    );
  return (
    <div class="view curves-view">
      {found.map((curve) => (
        <CurveCard
          key={`${curve.name} ${curve.stage}`}
          curve={curve}
          reference={budgetOf(curve)}
          formatY={formatOf(curve)}
        />
      ))}
      {maps.map((one) => (
        <HeatCard
          key={one.arm}
          heat={one}
          names={one.widths.map((_, g) =>
            groups?.length === one.widths.length ? groups[g].id : t('group {0}', g + 1),
          )}
        />
      ))}
    </div>
  );
}

function formatOf({ name }: Curve): ((value: number) => string) | undefined {
  if (name === 'accuracy') return (value) => percent(value, Number.isInteger(value) ? 0 : 1);
  if (name === 'cost') return (value) => percent(100 * value, 1);
  return undefined;
}

/** The line that costs are to stay below: they come as shares of their limits. */
function budgetOf({ name }: Curve): { y: number; label: string } | null {
  return name === 'cost' ? { y: 1, label: t('budget') } : null;
}
