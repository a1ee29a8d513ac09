import { t } from './strings.ts';

/** What the panel calls what the command line has an option for. */
export const CONTROLS: Readonly<Record<string, () => string>> = {
  backend: () => t('Backend'),
  data: () => t('Images'),
  distillation: () => t('Distillation'),
  explore: () => t('Cheapest point, in percent of the original'),
  'fine-tune-epochs': () => t('Epochs of fine-tuning'),
  'fine-tune-rate': () => t('Learning rate of fine-tuning'),
  freeze: () => t('Frozen'),
  'interior-outputs': () => t('Outputs that also feed other layers may lose channels'),
  'keep-frozen': () => t('Layers that the model’s file has frozen stay as they are cut, and are not trained'),
  'labels-of': () => t('The output that the classes are of'),
  'no-labels': () => t('Without labels: folders’ names count for nothing'),
  limit: () => t('At most so many images of each split'),
  method: () => t('Method'),
  points: () => t('Points of the trade-off'),
  preprocess: () => t('Preprocessing'),
  resize: () => t('Resizing'),
  'round-to': () => t('Widths in multiples of'),
  seed: () => t('Seed'),
  set: () => t('The method’s own settings'),
  target: () => t('Goal'),
  threads: () => t('Threads'),
  'validation-images': () => t('Images held out of training'),
};

/**
 * A sentence of the engine's, which the command line says as well, with the panel's own names for what that calls
 * options: `--labels-of` is “The output that the classes are of” here. Others stay as they are.
 */
export function said(text: string): string {
  return text.replace(/(?<![\w-])--([a-z][a-z-]*)(?: [A-Z]+\b)?/g, (option, name: string) => {
    const control = Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : undefined;
    return control ? `“${control()}”` : option;
  });
}
