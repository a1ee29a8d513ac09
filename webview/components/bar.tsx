/** A share as a bar. `label` says the same in words: for screen readers and as a tooltip. */
export function Bar({
  share,
  label,
  kind = 'accent',
}: {
  share: number;
  label: string;
  kind?: 'accent' | 'dim';
}) {
  const width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return (
    <span class={`bar ${kind}`} role="img" aria-label={label} title={label}>
      <i style={{ width }} />
    </span>
  );
}
