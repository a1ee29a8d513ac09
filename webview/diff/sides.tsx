import { compareSides, perform } from '../actions.ts';
import { baseName } from '../format.ts';
import { host } from '../host.ts';
import type { Side } from '../../src/protocol/views.ts';
import { candidateRef, run, shownCompare } from '../state.ts';
import { t } from '../strings.ts';
import { boardNow, second, starredIndices } from '../candidates/state.ts';
import { Dropdown } from '../ui.tsx';

/** What a side is called before the engine has named it. */
function sideName(side: Side): string {
  switch (side.kind) {
    case 'original':
      return t('original');
    case 'candidate':
      return side.arm === run.value?.arms[0]?.arm
        ? t('candidate {0}', side.id)
        : t('candidate {0} ({1})', side.id, side.arm);
    default:
      return side.label ?? baseName(side.file);
  }
}

/** What can stand on either side: what is shown now, the run's original, its chosen, second and starred candidates. */
function choices(now: readonly Side[]): Side[] {
  const found = [...now];
  const shown = run.value;
  if (shown) {
    found.push({ kind: 'original', run: shown.run });
    const { candidates } = boardNow.value?.columns ?? { candidates: [] };
    const ids = [
      ...(candidateRef.value ? [candidateRef.value] : []),
      ...(second.value ? [second.value] : []),
      ...starredIndices.value.slice(0, 30).map((i) => candidates[i]),
    ];
    for (const { arm, id } of ids) found.push({ kind: 'candidate', run: shown.run, arm, id });
  }
  const keys = new Set<string>();
  return found.filter((side) => {
    const key = JSON.stringify(side);
    return !keys.has(key) && keys.add(key);
  });
}

const OTHER = 'file';

/** Both sides of the comparison, which can be chosen and swapped. */
export function SidePickers() {
  const sides = shownCompare.value;
  if (!sides) return null;
  const known = choices([sides.a, sides.b]);
  const options = [
    ...known.map((side) => ({ value: JSON.stringify(side), label: sideName(side) })),
    { value: OTHER, label: t('A file…') },
  ];
  const set = async (which: 'a' | 'b', value: string) => {
    if (value !== OTHER) {
      const side = known.find((one) => JSON.stringify(one) === value)!;
      compareSides({ ...sides, [which]: side });
      return;
    }
    const picked = await perform('pickSide', t('Choosing a file'), () => host.request('pickSide', {}));
    // a new object either way: the dropdown shows what is compared again
    compareSides(picked?.side ? { ...sides, [which]: picked.side } : { ...sides });
  };
  return (
    <div class="sides">
      <Dropdown
        label={t('Before')}
        value={JSON.stringify(sides.a)}
        options={options}
        onChange={(value) => void set('a', value)}
      />
      <button
        type="button"
        class="chip"
        aria-label={t('Swap sides')}
        title={t('Swap sides')}
        onClick={() => compareSides({ a: sides.b, b: sides.a })}
      >
        ⇄
      </button>
      <Dropdown
        label={t('After')}
        value={JSON.stringify(sides.b)}
        options={options}
        onChange={(value) => void set('b', value)}
      />
    </div>
  );
}
