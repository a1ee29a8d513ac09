import type { ComponentChildren } from 'preact';
import { amount } from '../format.ts';
import { t } from '../strings.ts';
import { controls } from '../candidates/board.ts';
import type { Spread } from '../candidates/board.ts';
import { boardNow, chosenIndex, chosenScores, marksNow } from '../candidates/state.ts';
import { accuracyName, accuracyText } from '../candidates/words.ts';
import { pointOfArm } from '../../src/terms/candidates.ts';
import { otherOutputs } from '../../src/terms/run-data.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';

const steps = [...accuracyKeys, 'test'] as const;
type Step = (typeof steps)[number];

interface Row {
  readonly key: string;
  readonly head: ComponentChildren;
  /** what it costs, where that is shown */
  readonly cost?: string;
  readonly cell: (step: Step) => string;
}

/** Figures by step (cut, recalibrated, fine-tuned, on the test split), those steps alone that have any. */
function BySteps(props: {
  caption: string;
  first: string;
  /** the costs' heading, where they are shown */
  cost?: string;
  rows: readonly Row[];
  has: (step: Step) => boolean;
}) {
  const keys = steps.filter(props.has);
  if (keys.length === 0) return null;
  return (
    <table class="beside">
      <caption class="dim">{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{props.first}</th>
          {props.cost && <th scope="col">{props.cost}</th>}
          {keys.map((key) => (
            <th scope="col" key={key}>
              {key === 'test' ? t('test') : accuracyName(key)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map(({ key, head, cost, cell }) => (
          <tr key={key}>
            <th scope="row">{head}</th>
            {props.cost && <td>{cost}</td>}
            {keys.map((step) => (
              <td key={step}>{cell(step)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** How far the outputs without labels have moved away from the original's answers. */
export function Others() {
  const others = chosenScores.value ? otherOutputs(chosenScores.value) : {};
  const measured = steps.flatMap((step) => others[step] ?? []);
  const outputs = new Map(measured.map(({ name, loss }) => [name, loss]));
  return (
    <BySteps
      caption={t('Other outputs, away from the original’s answers; candidates are ranked without them')}
      first={t('output')}
      has={(step) => Boolean(others[step])}
      rows={[...outputs].map(([name, loss]) => ({
        key: name,
        head: (
          <>
            {name}
            <br />
            <span class="dim small">{loss}</span>
          </>
        ),
        cell: (step) => others[step]?.find((one) => one.name === name)?.value.toPrecision(3) ?? '–',
      }))}
    />
  );
}

const spreadText = (given: Spread | null) =>
  given === null ? '–' : accuracyText(given.mean, given.deviation);

/** The control arms at the same budget, with what they cost: that differs, as widths are whole channels. */
export function Beside() {
  const one = boardNow.value?.columns.candidates[chosenIndex.value];
  const point = one && pointOfArm(one.arm)?.percent;
  const found = controls(marksNow.value.filter(({ name }) => pointOfArm(name)?.percent === point));
  return (
    <BySteps
      caption={t('Control arms at the same budget')}
      first={t('arm')}
      cost={t('MACs')}
      has={(step) => found.some((one) => one.accuracies[step])}
      rows={found.map((one) => ({
        key: one.name,
        head: (
          <>
            <span class="bad" aria-hidden="true">
              ◇
            </span>{' '}
            {one.name}
            {one.arms > 1 && <span class="dim"> × {one.arms}</span>}
          </>
        ),
        cost: amount(one.macs),
        cell: (step) => spreadText(one.accuracies[step]),
      }))}
    />
  );
}
