import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Expected } from '../../src/data/sources/find-splits.ts';
import { openImages } from '../../src/data/open.ts';
import { looseSplitOf } from '../../src/data/splits/split-names.ts';
import { classFolders, picture, freshFolders, writeFolder, writeZip, type Files } from './fixtures.ts';

const fresh = freshFolders();
const pets = ['cats', 'dogs'];
/** `count` pictures of each class in each of the folders, none alike. */
async function tops(given: Record<string, number>, classes: readonly string[] = pets): Promise<Files> {
  let files: Files = {};
  for (const [i, [top, count]] of Object.entries(given).entries())
    files = { ...files, ...(await classFolders(`${top}/`, classes, count, 'png', 50 * i)) };
  return files;
}
const sizes = async (files: Files, expected?: Expected) => {
  const set = await openImages(writeFolder(fresh(), files), { carveTest: false, expected });
  return {
    classes: set.classes,
    train: set.train.size,
    validation: set.validation.size,
    test: set.test?.size ?? 0,
    warnings: set.warnings!.join(' '),
  };
};

describe('splits by structure', () => {
  it.each([
    ['training_set', 'test_set'],
    ['Training', 'Testing'],
    ['train_images', 'test_images'],
    ['xtrain', 'xtest'],
    ['seg_train', 'seg_test'],
    ['DogsTrain', 'DogsTest'],
    ['Trainingsdaten', 'Testdaten'],
    ['entrenamiento', 'prueba'],
    ['treino', 'teste'],
    ['训练集', '测试集'],
    ['train', 'holdout'],
    ['train', 'eval'],
    ['train', 'hidden part'],
    ['whatever', 'testset'],
  ])('%s beside %s', async (train, test) => {
    const found = await sizes(await tops({ [train]: 10, [test]: 4 }));
    expect(found).toMatchObject({ classes: pets, train: 18, validation: 2, test: 8 });
    if (train !== 'Training') expect(found.warnings).toMatch(/took ".*" for the training images/);
  });

  it('of three kinds', async () => {
    for (const [validation, test] of [
      ['dev', 'test'],
      ['validation_set', 'test_set'],
      ['Val', 'Test'],
      ['eval', 'test'],
    ])
      expect(await sizes(await tops({ train: 10, [validation]: 3, [test]: 4 })), validation).toMatchObject({
        classes: pets,
        train: 20,
        validation: 6,
        test: 8,
      });
  });

  it('wrapped once more, each for itself and all together', async () => {
    const nested = await tops({
      'archive/data/training_set/training_set': 10,
      'archive/data/test_set/test_set': 4,
    });
    expect(await sizes(nested)).toMatchObject({ classes: pets, train: 18, test: 8 });
    const beside = {
      ...(await tops({ 'set/train': 10, 'set/test': 4 })),
      'pictures/a.png': await picture('png', [9, 9, 9]),
    };
    const found = await sizes(beside);
    expect(found).toMatchObject({ classes: pets, train: 18, test: 8 });
    expect(found.warnings).toMatch(/Left out "pictures": "set" holds the splits/);
  });

  it('whose class folders are nearly the same', async () => {
    const lacks = {
      ...(await tops({ training_set: 10 }, ['birds', ...pets])),
      ...(await tops({ test_set: 4 })),
    };
    const found = await sizes(lacks);
    expect(found).toMatchObject({ classes: ['birds', ...pets], train: 27, test: 8 });
    expect(found.warnings).toMatch(/The test split has no images of "birds"/);
    const other = { ...(await tops({ train: 10 })), ...(await tops({ test: 4 }, ['Cats', 'DOGS'])) };
    expect(await sizes(other)).toMatchObject({ classes: pets, test: 8 });
    const more = {
      ...(await tops({ training_set: 10 })),
      ...(await tops({ test_set: 4 }, ['birds', ...pets])),
    };
    await expect(sizes(more)).rejects.toThrow(/the test split has "birds", which training has not/);
  });

  it('without labels in the test folder', async () => {
    const files = await tops({ seg_train: 10 });
    files['seg_pred/1.png'] = await picture('png', [1, 2, 3]);
    const found = await sizes(files);
    expect(found).toMatchObject({ classes: pets, train: 18, test: 0 });
    expect(found.warnings).toMatch(/test images lie in no class folders/);
  });

  it('inside each class', async () => {
    const files = {
      ...(await classFolders('cat/', ['train', 'test'], 10)),
      ...(await classFolders('dog/', ['train', 'test'], 10, 'png', 99)),
    };
    expect(await sizes(files)).toMatchObject({ classes: ['cat', 'dog'], train: 18, validation: 2, test: 20 });
  });

  it('that are parts of one set', async () => {
    const found = await sizes(await tops({ fold1: 4, fold2: 4, fold3: 4 }));
    expect(found.classes).toEqual(pets);
    expect(found.train + found.validation).toBe(24);
    expect(found.warnings).toMatch(/Took "fold1", "fold2", "fold3" for parts of one set/);
  });

  it('in archives of their own', async () => {
    const folder = fresh();
    await writeZip(path.join(folder, 'training_set.zip'), await tops({ training_set: 10 }));
    await writeZip(path.join(folder, 'test_set.zip'), await tops({ test_set: 4 }));
    const set = await openImages(folder, { carveTest: false });
    expect([set.classes, set.train.size, set.test!.size]).toEqual([pets, 18, 8]);
    await set.close();
  });
});

describe('no splits', () => {
  it('are classes with splits’ names, or with folders inside', async () => {
    expect((await sizes(await classFolders('', ['contest', 'trains', 'test_tubes'], 6))).classes).toEqual([
      'contest',
      'test_tubes',
      'trains',
    ]);
    const mixed = {
      ...(await tops({ cat: 4 }, ['in', 'out'])),
      ...(await tops({ dog: 4 }, ['big', 'small'])),
    };
    expect((await sizes(mixed)).classes).toEqual(['cat', 'dog']);
  });

  it('or it is not clear: the network decides, or it is refused', async () => {
    const files = await tops({ cat: 4, dog: 4 }, ['in', 'out']);
    await expect(sizes(files)).rejects.toThrow(/below "cat", "dog" lie the same folders, "in", "out"/);
    expect((await sizes(files, { classes: 2, labels: ['dog', 'cat'] })).classes).toEqual(['dog', 'cat']);
    expect((await sizes(files, { classes: 2, labels: ['in', 'out'] })).classes).toEqual(['in', 'out']);
    const three = await tops({ cat: 4, dog: 4 }, ['in', 'mid', 'out']);
    expect((await sizes(three, { classes: 2 })).classes).toEqual(['cat', 'dog']);
    expect((await sizes(three, { classes: 3 })).classes).toEqual(['in', 'mid', 'out']);
  });
});

it('names that speak of a split, and some that do not', () => {
  expect(['train_val', 'TrainVal', 'ImageNet-val', 'my dev set'].map(looseSplitOf)).toEqual([
    'train',
    'train',
    'validation',
    'validation',
  ]);
  expect(['cats', 'oval shapes', 'device', 'valley', 'fold1'].map(looseSplitOf)).toEqual(
    new Array(5).fill(undefined),
  );
});
