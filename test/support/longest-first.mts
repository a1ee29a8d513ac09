import { BaseSequencer } from 'vitest/node';

/** Files that take a minute or more of a quiet processor; vitest itself only knows how large files are. */
const LONG = [
  'methods/agent/toys',
  'e2e/kill',
  'methods/constrained/learning',
  'engine/run',
  'extension/runs/real',
  'methods/agent/method',
  'methods/constrained/method',
  'formats/keras-h5/real',
  'e2e/real-models',
  'runtime/execution',
];

/** Starts with the long files, so that no worker is left alone with one at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
    const place = ({ moduleId }: { moduleId: string }) => {
      const found = LONG.findIndex((name) => moduleId.includes(`/test/${name}.`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
