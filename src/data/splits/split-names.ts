import type { SplitName } from '../../terms/scores.ts';

const SPLITS: Record<string, SplitName> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/** The split that a folder or archive of this name holds, if it is named plainly so. */
export function splitOf(name: string): SplitName | undefined {
  return Object.hasOwn(SPLITS, name.toLowerCase()) ? SPLITS[name.toLowerCase()] : undefined;
}

/** evaluation: held out for the end, or for choosing; what else there is decides */
export type LooseSplit = SplitName | 'evaluation';

// by the beginning of a word; other languages than English, as data sets have them
const WORDS: readonly (readonly [LooseSplit, RegExp])[] = [
  ['train', /^(train|trn$|tr$|learn|entren|entrain|trein|apprentissage|addestr|ubung|lern)/],
  ['validation', /^(val$|valid|vali$|dev$|devel|development$|tuning$|validier)/],
  [
    'test',
    /^(test|tst$|te$|holdout$|heldout$|hold$|held$|unseen$|prueba|prova|essai|pruef|pruf|pred$|predict)/,
  ],
  ['evaluation', /^eval/],
];
// glued to another word: "xtrain", "mytestset"
const GLUED: readonly (readonly [LooseSplit, RegExp])[] = [
  ['train', /train(ing)?(set|data|dataset|images?|imgs?|split)?$/],
  ['validation', /(val|valid|validation)(set|data|dataset|images?|imgs?|split)?$/],
  ['test', /test(ing)?(set|data|dataset|images?|imgs?|split)?$/],
];
const SCRIPTS: readonly (readonly [LooseSplit, RegExp])[] = [
  ['train', /训练|訓練|学習|훈련|학습|обуч|трен/],
  ['validation', /验证|驗證|検証|검증|валид/],
  ['test', /测试|測試|テスト|시험|테스트|тест/],
];

/**
 * The split that a folder's name speaks of in any way: training_set, seg_test, Trainingsdaten, dev, holdout. Only a
 * hint: a class may be called "trains" or "contest", so what the folder holds must agree.
 */
export function looseSplitOf(name: string): LooseSplit | undefined {
  const plain = splitOf(name);
  if (plain) return plain;
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean);
  for (const word of words) for (const [split, pattern] of WORDS) if (pattern.test(word)) return split;
  const glued = words.join('');
  return [...GLUED, ...SCRIPTS].find(([, pattern]) => pattern.test(glued) || pattern.test(name))?.[0];
}

/** Parts of one set that are all alike: fold1, fold_2; part-a, part-b. */
export function areParts(names: readonly string[]): boolean {
  const stems = names.map(
    (name) =>
      /^((?:k[\s_-]*)?(?:fold|cv|split|part|batch|chunk|shard|subset|set|session|run))[\s_-]*(?:\d+|[a-z])$/i.exec(
        name,
      )?.[1],
  );
  return names.length > 1 && stems.every((stem) => stem && stem.toLowerCase() === stems[0]!.toLowerCase());
}
