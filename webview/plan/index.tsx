import { Empty } from '../components/state-view.tsx';
import { t } from '../strings.ts';

export function Plan() {
  return <Empty title={t('Nothing to show yet')} />;
}
