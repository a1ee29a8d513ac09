import { compareLatency } from '../../runtime/scoring/latency.ts';
import { loadModel, saveModel } from '../../formats/index.ts';
import { methodNamed } from '../../methods/index.ts';
import { machineName } from '../../system/machine.ts';
import { runScript } from '../plan/script.ts';
import type { RunPorts } from './ports.ts';
import { openTrainer } from './trainer.ts';

/** The ports of a real run. */
export const defaultPorts: RunPorts = {
  loadModel,
  saveModel,
  method: async (name) => methodNamed(name),
  openTrainer,
  latency: async (before, after, threads, trust) => {
    const measured = await compareLatency(before, after, { threads, trust });
    return {
      before: measured.a.medianMs,
      after: measured.b.medianMs,
      threads: measured.a.threads,
      machine: machineName(),
      spread: Math.max(
        ...[measured.a, measured.b].map((one) => (one.upperMs - one.lowerMs) / (2 * one.medianMs)),
      ),
    };
  },
  script: runScript,
};
