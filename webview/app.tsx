import { Curves } from './curves/index.tsx';
import { ChannelDiff } from './diff/index.tsx';
import { TradeOff } from './tradeoff/index.tsx';
import { show } from './actions.ts';
import { Footer } from './shell/footer.tsx';
import { Header } from './shell/header.tsx';
import { MessageBar } from './shell/message-bar.tsx';
import { TrustBar } from './shell/trust-bar.tsx';
import { Network } from './network/index.tsx';
import { Plan } from './plan/index.tsx';
import { Runs } from './runs/index.tsx';
import { runs, tab } from './state.ts';
import { loaded } from './load.ts';
import { t } from './strings.ts';
import { Tabs } from './ui.tsx';
import type { Tab } from '../src/protocol/panel.ts';

const views = {
  network: Network,
  plan: Plan,
  tradeoff: TradeOff,
  curves: Curves,
  diff: ChannelDiff,
  runs: Runs,
} satisfies Record<Tab, unknown>;

/** The whole panel: what it is about, its views, and what can be done with what they show. */
export function App() {
  const View = views[tab.value];
  const count = loaded(runs.value.value)?.length ?? 0;
  return (
    <>
      <Header />
      <TrustBar />
      <MessageBar />
      <main>
        <Tabs
          label={t('Views')}
          active={tab.value}
          onSelect={show}
          tabs={[
            { id: 'network', label: t('Network') },
            { id: 'plan', label: t('Plan') },
            { id: 'tradeoff', label: t('Trade-off') },
            { id: 'curves', label: t('Curves') },
            { id: 'diff', label: t('Channel diff') },
            { id: 'runs', label: t('Runs'), ...(count ? { badge: String(count) } : {}) },
          ]}
        >
          <View />
        </Tabs>
      </main>
      <Footer />
    </>
  );
}
