import type { PrunedConfig } from '../../config/schema.ts';
import { metricWords } from '../../terms/goals.ts';
import { furthest, isAgreement, split as splits } from '../../terms/scores.ts';
import { stem } from '../models/kinds.ts';
import { inThousands } from '../../protocol/units.ts';

/**
 * The commit message of a pruned config, in English as histories are: a subject with the goal and the accuracies, and
 * the costs, every accuracy and the controls below.
 */
export function commitMessage(config: PrunedConfig): { readonly subject: string; readonly body: string } {
  const { cost, accuracy, method, controls = [], latency } = config;
  const name = stem(config.source.path);
  const goals = config.targets.length
    ? config.targets.map(
        ({ metric, limit, original }) => `${percent(limit, original)} ${metricWords[metric]}`,
      )
    : [`${percent(cost.after.macs, cost.before.macs)} MACs`];
  const [before, after, split] = headline(accuracy);
  const change =
    after === undefined
      ? ''
      : before === undefined
        ? `: ${fixed(after)} %${split}`
        : `: ${fixed(before)} → ${fixed(after)} %${split}`;
  const subject = `Prune ${name} to ${goals.join(' and ')} (${method.name})${change}`;

  const lines = [
    `MACs: ${short(cost.before.macs)} → ${short(cost.after.macs)} (${percent(cost.after.macs, cost.before.macs)})`,
    `Parameters: ${short(cost.before.params)} → ${short(cost.after.params)} (${percent(cost.after.params, cost.before.params)})`,
  ];
  if (latency)
    lines.push(`Latency: ${latency.before.toPrecision(3)} → ${latency.after.toPrecision(3)} ms an image`);
  for (const split of splits.options) {
    const steps = [
      ['original', split === 'test' ? accuracy.originalTest : accuracy.original],
      ['after cutting', accuracy.cut],
      ['recalibrated', accuracy.recalibrated],
      ['fine-tuned', accuracy.fineTuned],
      ['pruned', accuracy.test],
    ] as const;
    const measured = steps.filter(([, score]) => score?.split === split);
    if (measured.length)
      lines.push(
        `${isAgreement(measured[0][1]!.measure) ? 'Agreement with the original' : 'Accuracy'} on ${split} (${measured[0][1]!.images.toLocaleString('en')} images): ` +
          measured.map(([step, score]) => `${step} ${score!.accuracy.toFixed(2)} %`).join(', '),
      );
  }
  const arms = controls.flatMap((control) => {
    const value = furthest(control);
    return value === undefined ? [] : [`${control.name} ${value.toFixed(2)} %`];
  });
  if (arms.length) lines.push(`Controls at the same budget, validation: ${arms.join(', ')}`);
  lines.push(`Seed ${method.seed}, effort ${method.effort}, Espalier ${config.engine}`);
  return { subject, body: lines.join('\n') };
}

/** Test accuracies where both were measured, else the last ones on validation. */
function headline(accuracy: PrunedConfig['accuracy']): [number | undefined, number | undefined, string] {
  const { original, originalTest, test } = accuracy;
  if (originalTest && test) return [originalTest.accuracy, test.accuracy, ' on test'];
  return [original?.accuracy, furthest(accuracy)?.accuracy, ''];
}

function percent(part: number, whole: number): string {
  const value = (100 * part) / whole;
  if (!Number.isFinite(value)) return '?';
  return `${Math.abs(value - Math.round(value)) < 0.05 ? Math.round(value) : value.toFixed(1)} %`;
}

function fixed(accuracy: number): string {
  return accuracy.toFixed(1);
}

function short(count: number): string {
  const [value, unit] = inThousands(count);
  return unit ? `${value.toPrecision(3)} ${unit}` : String(count);
}

/** A branch's name for this change. */
export function branchName(config: PrunedConfig): string {
  const [target] = config.targets;
  const goal = target
    ? `${target.metric}-${Math.round((100 * target.limit) / target.original)}`
    : config.method.name;
  return `prune/${`${stem(config.source.path)}-${goal}`.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+|[.-]+$/g, '')}`;
}
