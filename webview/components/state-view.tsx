import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Load } from '../load.ts';
import { openThing } from '../actions.ts';
import { t } from '../strings.ts';
import { Button, ProgressRing } from '../ui.tsx';
import { said } from '../said.ts';

/** Nothing to show yet: why, and what to do about it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ComponentChildren;
  action?: { label: string; run: () => void };
}) {
  return (
    <div class="state empty">
      <p class="state-title">{title}</p>
      {children && <p class="dim">{children}</p>}
      {action && (
        <Button kind="primary" onClick={action.run}>
          {action.label}
        </Button>
      )}
    </div>
  );
}

/** What went wrong, in one sentence, with the ways on. */
export function Problem({
  text,
  detail,
  retry,
}: {
  text: string;
  detail?: string | undefined;
  retry?: (() => void) | undefined;
}) {
  return (
    <div class="state error" role="alert">
      <p class="state-title">
        <span class="sign" aria-hidden="true">
          ✕
        </span>{' '}
        {said(text)}
      </p>
      {detail && (
        <details>
          <summary>{t('Details')}</summary>
          <pre>{detail}</pre>
        </details>
      )}
      <p class="actions">
        {retry && (
          <Button kind="primary" onClick={retry}>
            {t('Try again')}
          </Button>
        )}
        <Button onClick={() => void openThing('log')}>{t('Show log')}</Button>
      </p>
    </div>
  );
}

/** What is waited for, and since when; from ten seconds on it can be called off. */
export function Waiting({ what, since, cancel }: { what: string; since: number; cancel?: () => void }) {
  const seconds = useSeconds(since);
  return (
    <div class="state loading" role="status">
      <ProgressRing />
      <span>
        {what}
        {seconds >= 2 && <span class="dim number"> · {t('{0} s', seconds)}</span>}
      </span>
      {seconds >= 10 && cancel && <Button onClick={cancel}>{t('Cancel')}</Button>}
      {seconds >= 10 && <Button onClick={() => void openThing('log')}>{t('Show log')}</Button>}
    </div>
  );
}

/** Whole seconds since a time, counting. */
export function useSeconds(since: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [since]);
  return Math.max(0, Math.floor((now - since) / 1000));
}

export interface StateViewProps<T> {
  readonly load: Load<T>;
  /** shown where nothing was asked for, or what came is empty */
  readonly empty?: ComponentChildren;
  readonly isEmpty?: (value: T) => boolean;
  readonly children: (value: T) => ComponentChildren;
}

/** The four states of everything that is asked for: loading (what, since when), empty, error, data. */
export function StateView<T>({ load, empty, isEmpty, children }: StateViewProps<T>) {
  switch (load.state) {
    case 'idle':
      return <>{empty}</>;
    case 'loading':
      return <Waiting what={load.what} since={load.since} cancel={load.cancel} />;
    case 'error':
      return <Problem text={load.failure.message} detail={load.failure.detail} retry={load.retry} />;
    case 'data':
      return <>{isEmpty?.(load.value) ? empty : children(load.value)}</>;
  }
}
