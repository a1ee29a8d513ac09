import { computed, effect } from '@preact/signals';
import { MULTIPLES, reach, type Reach, type ReachTable } from '../../src/protocol/reach.ts';
import { host } from '../host.ts';
import { loaded, loading } from '../load.ts';
import { draft, network } from '../state.ts';
import { t } from '../strings.ts';
import { controlsOf } from '../../src/protocol/controls.ts';

/** The narrowest networks there are, and what they are of: with them the page answers for itself whether a goal can be reached. */
export const table = loading<{ readonly of: string; readonly table: ReachTable }>();

/** What the table has to be asked for again when it changes; goals, methods and most roundings are not in it. */
const question = computed(() => {
  const now = draft.value;
  if (!now) return null;
  const { freeze, interiorOutputs, roundTo } = now;
  const multiple = roundTo === 'auto' || MULTIPLES.includes(roundTo) ? undefined : roundTo;
  return JSON.stringify({ freeze, interiorOutputs, multiple });
});

/** What can be said of the draft's goals now, by arithmetic alone; null while the network's narrowest isn't known. */
export const reached = computed<Reach | null>(() => {
  const now = draft.value;
  const known = loaded(table.value.value);
  if (!now || !known || known.of !== question.value) return null;
  return reach(known.table, now.targets, now.roundTo, [
    now.method,
    ...controlsOf(now.controls, now.method, now.data !== null),
  ]);
});

/** Keeps the table: asked for when what it is of changes, or the network was read anew. */
export function keepReach(): void {
  let sha256: string | undefined;
  effect(() => {
    const of = question.value;
    const now = loaded(network.value.value)?.sha256;
    const anew = now !== undefined && sha256 !== undefined && now !== sha256;
    sha256 = now ?? sha256;
    if (of === null) return;
    const known = table.value.peek();
    if (!anew && known.state === 'data' && known.value.of === of) return;
    void table.run(t('Looking what can be reached'), async (signal) => ({
      of,
      table: await host.request('reach', JSON.parse(of) as Asked, signal),
    }));
  });
}

interface Asked {
  readonly freeze: string[];
  readonly interiorOutputs: boolean;
  readonly multiple?: number;
}
