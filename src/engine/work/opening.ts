import type { Opening } from '../../run/steps/ports.ts';
import type { ListedEvent } from '../../terms/run-events.ts';

/** Tells how far a run's images are being opened, which may take minutes before its first stage begins. */
export function tellOpening(tell: (event: ListedEvent) => void): Opening {
  const at = (stage: 'resizing' | 'images') => {
    let since: number | undefined;
    return (done: number, total: number) => {
      since ??= performance.now();
      const seconds = (performance.now() - since) / 1000;
      const secondsLeft = done > 0 && seconds > 0.5 ? (seconds / done) * (total - done) : undefined;
      tell({ type: 'progress', stage, done, total, unit: 'images', secondsLeft });
    };
  };
  return { onTried: at('resizing'), onRead: at('images') };
}
