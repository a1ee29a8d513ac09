import { change } from '../format.ts';

/** How much less a cost is: green and with a minus where it is less, red and with a plus where it is more. */
export function Change({ before, after }: { before: number; after: number }) {
  const kind = after < before ? 'good' : after > before ? 'bad' : 'dim';
  return <span class={`number ${kind}`}>{change(before, after)}</span>;
}

/** before → after, the unit once where both have the same. */
export function FromTo({ before, after, big = false }: { before: string; after: string; big?: boolean }) {
  const [, number, unit] = /^(.*?)(\u202f\S+)?$/.exec(before) ?? [null, before, ''];
  const same = unit && after.endsWith(unit);
  return (
    <span class="number">
      <span class="dim">{same ? number : before} →</span> <span class={big ? 'big' : ''}>{after}</span>
    </span>
  );
}
