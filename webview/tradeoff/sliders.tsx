import { useId } from 'preact/hooks';
import { t } from '../strings.ts';
import { boardNow, coefficients, moveCoefficients, moved, spec } from '../candidates/state.ts';
import { isoFits } from './compose-scene.ts';
import { coefficientsOf } from '../candidates/spec.ts';
import type { Coefficients } from '../candidates/spec.ts';
import { rewardWords } from '../candidates/words.ts';

const MOST = 4;

function Slider({ name, of, own }: { name: string; of: keyof Coefficients; own: number }) {
  const id = useId();
  const value = coefficients.value[of];
  const most = Math.max(MOST, own);
  return (
    <>
      <label for={id}>{name}</label>
      <span class="track">
        <input
          id={id}
          type="range"
          min={0}
          max={most}
          step={0.05}
          value={value}
          aria-valuetext={value.toFixed(2)}
          ref={(element) => element?.style.setProperty('--share', `${(100 * value) / most}%`)}
          onInput={(event) =>
            moveCoefficients({ ...coefficients.value, [of]: Number(event.currentTarget.value) })
          }
        />
        <i
          class="own"
          title={t('the run’s own: {0}', own.toFixed(2))}
          ref={(element) => element?.style.setProperty('--at', String(own / most))}
        />
      </span>
      <output class="mono number" for={id}>
        {value.toFixed(2)}
      </output>
    </>
  );
}

/** The two coefficients of the reward. Moving one re-ranks what was found; nothing is trained or measured anew. */
export function Sliders() {
  const now = boardNow.value;
  if (!now || !spec.value) return null;
  const own = coefficientsOf(now.spec);
  return (
    <div class="coefficients">
      <div class="sliders">
        <Slider name={t('Accuracy coefficient')} of="accuracy" own={own.accuracy} />
        <Slider name={t('Efficiency coefficient')} of="efficiency" own={own.efficiency} />
      </div>
      <p class="dim note">
        {t('Moving a coefficient re-ranks what was found; nothing is trained again.')}{' '}
        {isoFits.value
          ? t('Dashed lines: equal reward.')
          : t('Lines of equal reward are drawn on the axes that the reward is made of.')}
        {!now.rewarded && <> {t('This run’s method has no reward of its own: the defaults rank it.')}</>}
      </p>
      <p class="dim note formula">
        <span class="mono">{rewardWords(spec.value)}</span>
        {moved.value ? (
          <button type="button" class="plain link" onClick={() => moveCoefficients(null)}>
            {now.rewarded ? t('Back to the run’s own') : t('Back to the defaults')}
          </button>
        ) : (
          <span>{now.rewarded ? t('the run’s own values') : t('defaults')}</span>
        )}
      </p>
    </div>
  );
}
