import { metricName } from '../../src/terms/goals.ts';
import type { NetworkView } from '../../src/protocol/views.ts';
import { amount, shape, size, whole } from '../format.ts';
import { draft } from '../state.ts';
import { t } from '../strings.ts';
import { whyFrozen } from './freeze.ts';

/** What the whole network costs, and how much of it could go. */
export function Totals({ network }: { network: NetworkView }) {
  const freeze = draft.value?.freeze ?? [];
  const free = network.groups.filter((group) => whyFrozen(group, freeze) === null);
  const channels = (groups: typeof free) => groups.reduce((sum, group) => sum + group.channels, 0);
  const facts: readonly [string, string, string][] = [
    [metricName('macs', t), amount(network.cost.macs), t('{0} for one image', whole(network.cost.macs))],
    [metricName('params', t), amount(network.cost.params), whole(network.cost.params)],
    [t('File'), size(network.fileBytes), `${network.format} · ${whole(network.fileBytes)}`],
    [
      metricName('memory', t),
      size(network.cost.peakActivationBytes),
      t('the most that is held at once for one image, as float32'),
    ],
    [
      t('Input'),
      network.inputs.map((input) => shape(input.shape)).join(', '),
      network.inputs.map((input) => input.name).join(', '),
    ],
    [
      t('Prunable groups'),
      t('{0} of {1}', free.length, network.groups.length),
      t('channels that must go together'),
    ],
    [
      t('Prunable channels'),
      t('{0} of {1}', whole(channels(free)), whole(channels([...network.groups]))),
      '',
    ],
  ];
  return (
    <dl class="totals">
      {facts.map(([name, value, title]) => (
        <div key={name} title={title}>
          <dt class="dim">{name}</dt>
          <dd class="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
