import { useMemo, useRef } from 'preact/hooks';
import { compareSides } from '../actions.ts';
import { PanelCard } from '../components/panel-card.tsx';
import { Problem, Waiting } from '../components/state-view.tsx';
import type { DiffView } from '../../src/protocol/views.ts';
import { Legend } from '../diff/legend.tsx';
import { LayerList } from '../diff/layer-list.tsx';
import { useDiff } from '../diff/state.ts';
import { candidateRef } from '../state.ts';
import { t } from '../strings.ts';

/** The chosen candidate's channels beside the original's, while one chooses. */
export function ChannelsCard() {
  const ref = candidateRef.value;
  const load = useDiff(
    ref && { a: { kind: 'original', run: ref.run }, b: { kind: 'candidate', ...ref } },
    200,
  ).value.value;
  // the last one stays while the next is made: no flicker while a coefficient moves
  const last = useRef<DiffView | null>(null);
  if (load.state === 'data') last.current = load.value;
  const shown = last.current;
  const list = useMemo(() => shown && <LayerList diff={shown} compact />, [shown]);
  if (!ref) return null;
  return (
    <PanelCard
      class="channels-card filled"
      flush
      title={t('Channels')}
      hint={t('original against candidate {0}', ref.id)}
      actions={
        <>
          {shown && <Legend diff={shown} />}
          <button type="button" class="chip" onClick={() => compareSides(null)}>
            {t('Open')}
          </button>
        </>
      }
    >
      {load.state === 'error' ? (
        <Problem text={load.failure.message} detail={load.failure.detail} retry={load.retry} />
      ) : shown ? (
        list
      ) : (
        <Waiting what={t('Comparing')} since={load.state === 'loading' ? load.since : Date.now()} />
      )}
    </PanelCard>
  );
}
