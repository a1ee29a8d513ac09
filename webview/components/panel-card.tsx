import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface PanelCardProps {
  readonly title: ComponentChildren;
  /** beside the title, dim */
  readonly hint?: ComponentChildren;
  /** at the right end of the title's line */
  readonly actions?: ComponentChildren;
  /** no space around the content (tables, lists) */
  readonly flush?: boolean;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** One framed part of a view, with its heading. */
export function PanelCard({ title, hint, actions, flush = false, children, ...rest }: PanelCardProps) {
  const id = useId();
  return (
    <section class={`card ${rest.class ?? ''}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <span class="dim">{hint}</span>}
        <span class="grow" />
        {actions}
      </header>
      <div class={flush ? 'card-body flush' : 'card-body'}>{children}</div>
    </section>
  );
}
