import { PanelCard } from '../components/panel-card.tsx';
import { Empty, Problem, StateView, Waiting } from '../components/state-view.tsx';
import { relative, shape, whole } from '../format.ts';
import type { DataFound, DataView } from '../../src/protocol/plan.ts';
import { loaded } from '../load.ts';
import { busy, draft, ready } from '../state.ts';
import { plural, t } from '../strings.ts';
import { Button, Checkbox, Dropdown } from '../ui.tsx';
import {
  chooseData,
  found,
  fresh,
  lookForData,
  opened,
  openData,
  pickData,
  view,
  withoutData,
} from './data-store.ts';
import { change } from './draft.ts';
import { NumberField } from './number-field.tsx';
import { resizes } from '../../src/terms/images.ts';
import { said } from '../said.ts';
import { MAX_IMAGES } from '../../src/terms/choices.ts';

/** Which images the network learns from: those found in the workspace, or others. */
export function ImagesCard() {
  const chosen = draft.value?.data?.path ?? null;
  const sets = loaded(found.value.value) ?? [];
  const other = chosen !== null && !sets.some((one) => one.path === chosen);
  const list: readonly DataFound[] = other ? [{ path: chosen, form: t('chosen by you') }, ...sets] : sets;
  const picking = busy.value.has('pickData');
  return (
    <PanelCard
      title={t('Images')}
      actions={
        <>
          <Button disabled={picking} onClick={() => void pickData('folder')}>
            {t('Choose folder…')}
          </Button>
          <Button
            disabled={picking}
            title={t('A .zip, .tar, .tar.gz or .npz')}
            onClick={() => void pickData('file')}
          >
            {t('Choose file…')}
          </Button>
        </>
      }
    >
      <StateView
        load={found.value.value}
        empty={
          other ? null : (
            <Empty
              title={t('No images were found in this workspace')}
              action={{ label: t('Look again'), run: () => void lookForData() }}
            >
              {t(
                'Choose a folder with one folder a class (jpg, png, gif, webp, tiff, bmp) or of pictures without classes, an archive of one, IDX files, or an .npz. Methods that read importance off the weights need none.',
              )}
            </Empty>
          )
        }
        isEmpty={() => list.length === 0}
      >
        {() => null}
      </StateView>
      {list.length > 0 && (
        <div class="choices" role="radiogroup" aria-label={t('Image set')}>
          {list.map((one) => (
            <label key={one.path} class="choice" title={one.path}>
              <input
                type="radio"
                name="data"
                checked={one.path === chosen}
                onChange={() => chooseData(one.path)}
              />
              <span class="choice-name">{relative(one.path, ready.value?.workspace ?? null)}</span>
              <span class="dim">{one.form}</span>
              <span class="grow" />
              <span class="dim number">
                {one.images !== undefined && plural(one.images, '{0} image', '{0} images', whole(one.images))}
              </span>
            </label>
          ))}
          <label class="choice">
            <input type="radio" name="data" checked={chosen === null} onChange={withoutData} />
            <span class="choice-name">{t('No images')}</span>
            <span class="dim">{t('cut only, by the weights alone; nothing is trained')}</span>
          </label>
        </div>
      )}
      {chosen !== null && <ImageSet path={chosen} />}
    </PanelCard>
  );
}

function ImageSet({ path }: { path: string }) {
  const load = opened.value.value;
  const known = view.value?.path === path ? view.value : null;
  if (load.state === 'error')
    return (
      <>
        <Problem text={said(load.failure.message)} detail={load.failure.detail} retry={load.retry} />
        <div class="fields">
          <NoLabels found={false} />
        </div>
      </>
    );
  // numbers of another division of the same set are not shown: all else of it stays
  if (known)
    return (
      <>
        <About data={known} fresh={fresh.value} />
        <Reading outputs={known.outputs} unlabelled={known.unlabelled} />
      </>
    );
  if (load.state === 'loading') return <Waiting what={load.what} since={load.since} cancel={load.cancel} />;
  return (
    <p class="dim">
      <Button onClick={() => void openData(path)}>{t('Read this set')}</Button>
    </p>
  );
}

/** What a set holds. */
function About({ data, fresh }: { data: DataView; fresh: boolean }) {
  const split: readonly [string, number][] = [
    [t('to train on'), data.train],
    [t('held out for validation'), data.validation],
    [t('for the test'), data.test],
  ];
  return (
    <div class="about-data">
      <dl class="totals small">
        {split.map(([name, count]) => (
          <div key={name}>
            <dt class="dim">{name}</dt>
            <dd class="number">{fresh ? whole(count) : '…'}</dd>
          </div>
        ))}
        <div title={data.classes.join(', ')}>
          <dt class="dim">{t('classes')}</dt>
          <dd class="number">{data.unlabelled ? t('none') : whole(data.classes.length)}</dd>
        </div>
        <div>
          <dt class="dim">{t('size')}</dt>
          <dd class="number">{shape(data.shape)}</dd>
        </div>
      </dl>
      {data.unlabelled ? (
        <p>
          <b>{t('No labels: agreement with the original')}</b>{' '}
          <span class="dim">
            {t(
              'The pruned network learns to give what the original gives. What is measured is how far both agree, in percent: images of which both say the same class; of other outputs 100 times one minus the relative error.',
            )}
          </span>
        </p>
      ) : (
        <p class="dim ellipsis" title={data.classes.join(', ')}>
          {data.classes.slice(0, 24).join(', ')}
          {data.classes.length > 24 && '…'}
        </p>
      )}
      {data.warnings.map((warning) => (
        <p key={warning} class="note">
          <span class="warn" aria-hidden="true">
            ⚠
          </span>{' '}
          {said(warning)}
        </p>
      ))}
    </div>
  );
}

/** How images are read: what the network is fed, and how they are varied in training. */
function Reading({ outputs, unlabelled }: Pick<DataView, 'outputs' | 'unlabelled'>) {
  const data = draft.value?.data;
  if (!data) return null;
  const names = ready.value?.preprocesses ?? [];
  const augment = data.augment ?? { flip: false, shift: 0 };
  const set = (part: Partial<NonNullable<typeof data>>) => change({ data: { ...data, ...part } });
  return (
    <div class="fields">
      <NoLabels found={unlabelled === true} />
      {!unlabelled && (outputs || data.labelsOf !== undefined) && (
        <Labelled
          of={data.labelsOf}
          outputs={outputs ?? { able: [], best: '' }}
          onChange={(labelsOf) => set({ labelsOf })}
        />
      )}
      <label>{t('Preprocessing')}</label>
      <Dropdown
        label={t('Preprocessing')}
        value={data.preprocess}
        options={[
          { value: 'auto', label: t('Find out (auto)') },
          ...names.filter((name) => name !== 'auto').map((name) => ({ value: name, label: name })),
        ]}
        onChange={(preprocess) => set({ preprocess })}
      />
      <label title={t('How images become as large as the network takes them')}>{t('Resizing')}</label>
      <Dropdown
        label={t('Resizing')}
        value={data.resize ?? 'auto'}
        options={[
          { value: 'auto', label: t('Find out (auto)') },
          ...resizes.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(resize) => set({ resize: resize === 'auto' ? undefined : resize })}
      />
      <label>{t('Varied in training')}</label>
      <span class="row-of">
        <Checkbox checked={augment.flip} onChange={(flip) => set({ augment: { ...augment, flip } })}>
          {t('flip')}
        </Checkbox>
        <NumberField
          label={t('Shift by up to so many pixels')}
          value={augment.shift}
          least={0}
          most={64}
          onChange={(shift) => set({ augment: { ...augment, shift: shift ?? 0 } })}
        />
        <span class="dim">{t('pixels of shift')}</span>
      </span>
      <label>{t('At most')}</label>
      <span class="row-of">
        <NumberField
          label={t('At most so many images of each split')}
          value={data.limit}
          least={1}
          most={MAX_IMAGES}
          placeholder={t('all')}
          onChange={(limit) => set({ limit })}
        />
        <span class="dim">{t('images of each split, for a quick try')}</span>
      </span>
    </div>
  );
}

/** Whether folders' names count for nothing. @param found the set has no labels, chosen or not */
function NoLabels({ found }: { found: boolean }) {
  const data = draft.value?.data;
  // a set without class folders leaves no choice
  if (!data || (found && !data.noLabels)) return null;
  return (
    <>
      <label>{t('Labels')}</label>
      <Checkbox
        checked={data.noLabels === true}
        onChange={(on) => change({ data: { ...data, noLabels: on ? true : undefined } })}
      >
        {t('Without labels: folders’ names count for nothing')}
      </Checkbox>
    </>
  );
}

/** Which of several outputs the classes are of, and what becomes of the others. */
function Labelled({
  of,
  outputs: { able, best },
  onChange,
}: {
  of: string | undefined;
  outputs: NonNullable<DataView['outputs']>;
  onChange: (name: string | undefined) => void;
}) {
  // one that was chosen for another network can be seen, and so put right
  const names = of === undefined || able.includes(of) ? able : [...able, of];
  return (
    <>
      <label>{t('Labels are of')}</label>
      <Dropdown
        label={t('The output that the classes are of')}
        value={of ?? ''}
        options={[
          { value: '', label: best ? t('{0} (fits best)', best) : t('Find out (auto)') },
          ...names.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(name) => onChange(name === '' ? undefined : name)}
      />
      <span />
      <span class="dim">
        {t(
          'Candidates are ranked by this output. The others are kept, and trained to go on answering as the original does.',
        )}
      </span>
    </>
  );
}
