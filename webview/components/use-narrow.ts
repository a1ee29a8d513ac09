import { useEffect, useState } from 'preact/hooks';

const narrowPage = window.matchMedia('(max-width: 720px)');

/** Whether the panel is narrow, as it is beside an editor. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(narrowPage.matches);
  useEffect(() => {
    const changed = () => setNarrow(narrowPage.matches);
    narrowPage.addEventListener('change', changed);
    return () => narrowPage.removeEventListener('change', changed);
  }, []);
  return narrow;
}
