import { train } from '../../src/runtime/training/trainer.ts';
import type { TrainEvent, TrainOptions, TrainResult, Trainable } from '../../src/runtime/training/trainer.ts';

/** Runs a training to its end, giving its events to `onEvent`. */
export async function trainToEnd(
  network: Trainable,
  options: TrainOptions,
  onEvent: (event: TrainEvent) => void = () => {},
): Promise<TrainResult> {
  const events = train(network, options);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    onEvent(next.value);
  }
}
