import { Empty } from '../components/state-view.tsx';
import { t } from '../strings.ts';

export function TradeOff() {
  return <Empty title={t('Nothing to show yet')} />;
}
