import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { SensitivityView } from '../../src/protocol/views.ts';
import { VirtualList } from '../components/virtual-list.tsx';
import { change, percent, points, whole } from '../format.ts';
import { t } from '../strings.ts';
import type { GroupLine } from './lines.ts';
import { lossText, shareText } from './words.ts';
import { isAgreement } from '../../src/terms/scores.ts';

/** The chart's values, a row for each group and width; made when it is opened. */
export function SensitivityTable({
  title,
  view,
  lines,
  cost,
}: {
  title: string;
  view: SensitivityView;
  lines: readonly GroupLine[];
  cost: { readonly macs: number };
}) {
  const open = useSignal(false);
  const rows = useMemo(
    () => lines.flatMap((line) => line.points.slice(1).map((point) => ({ line, point }))),
    [lines],
  );
  return (
    <details onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{t('Table')}</summary>
      {open.value && (
        <div class="sensitivity-table">
          <VirtualList
            label={title}
            rows={rows}
            rowHeight={20}
            columns={[
              { key: 'group', label: t('Channel group'), width: 'minmax(90px, 1.2fr)', long: true },
              { key: 'kept', label: t('Kept'), width: 'minmax(112px, 0.8fr)' },
              { key: 'macs', label: t('MACs'), width: '62px', align: 'end' },
              { key: 'loss', label: t('Loss'), width: '52px', align: 'end' },
              {
                key: 'accuracy',
                label: isAgreement(view.measure) ? t('Agreement') : t('Accuracy'),
                width: '66px',
                align: 'end',
              },
              { key: 'points', label: t('Change'), width: '86px', align: 'end' },
            ]}
            cells={({ line, point }) => [
              line.id,
              `${shareText(point.share)}: ${t('{0} of {1}', whole(point.width), whole(line.channels))}`,
              change(cost.macs, point.macs),
              lossText(point.loss),
              percent(point.accuracy),
              points(view.whole.accuracy, point.accuracy),
            ]}
          />
        </div>
      )}
    </details>
  );
}
