import type { GroupView, NetworkView } from '../../src/protocol/views.ts';
import { Lock, Unlock } from '../components/icons.tsx';
import { PanelCard } from '../components/panel-card.tsx';
import { amount, percent } from '../format.ts';
import { draft } from '../state.ts';
import { plural, t } from '../strings.ts';
import { Button } from '../ui.tsx';
import { frozenByUser, toggleFreeze, whyFrozen } from './freeze.ts';

const SHOWN = 40;

/** The channel group under the pointer or chosen: who makes its channels, passes them on and reads them. */
export function GroupCard({ network, index }: { network: NetworkView; index: number | null }) {
  const group = index === null ? undefined : network.groups[index];
  if (index === null || !group)
    return (
      <PanelCard class="group-card" title={t('Channel group')}>
        <p class="dim">
          {t(
            'Point at a layer: the layers that must lose the same channels light up. Space freezes what is chosen.',
          )}
        </p>
      </PanelCard>
    );
  const freeze = draft.value?.freeze ?? [];
  const why = whyFrozen(group, freeze);
  const macs = network.layers.reduce((sum, layer) => sum + (layer.group === index ? layer.macs : 0), 0);
  const mine = frozenByUser(group, freeze);
  return (
    <PanelCard
      class="group-card"
      title={group.id}
      hint={plural(group.channels, '{0} channel', '{0} channels')}
    >
      {why === null ? (
        <p>{t('Its channels can be removed, from all of these layers together.')}</p>
      ) : (
        <p class="warn sign-text">
          <Lock /> {t('Nothing can be removed: {0}.', why)}
        </p>
      )}
      <p class="dim">
        {t(
          '{0} MACs, {1} of the network',
          amount(macs),
          percent((100 * macs) / Math.max(1, network.cost.macs)),
        )}
      </p>
      <Members group={group} role="producer" title={t('Made by')} />
      <Members group={group} role="through" title={t('Passed on by')} />
      <Members group={group} role="consumer" title={t('Read by')} />
      {group.frozen === null && draft.value && (
        <Button onClick={() => toggleFreeze(group)}>
          <span class="sign-text">
            {mine ? <Unlock /> : <Lock />} {mine ? t('Let it be pruned') : t('Freeze this group')}
          </span>
        </Button>
      )}
    </PanelCard>
  );
}

function Members({
  group,
  role,
  title,
}: {
  group: GroupView;
  role: GroupView['members'][number]['role'];
  title: string;
}) {
  const layers = [...new Set(group.members.filter((one) => one.role === role).map((one) => one.layer))];
  if (!layers.length) return null;
  return (
    <div class="members">
      <h3 class="dim">
        {title} <span class="number">{layers.length}</span>
      </h3>
      <p class="mono">
        {layers.slice(0, SHOWN).join(', ')}
        {layers.length > SHOWN && ` ${t('and {0} more', layers.length - SHOWN)}`}
      </p>
    </div>
  );
}
