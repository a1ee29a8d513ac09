import { useState } from 'preact/hooks';
import { fineTuneDefaults } from '../../src/terms/training.ts';
import { draft } from '../state.ts';
import { openNetwork } from '../actions.ts';
import { t } from '../strings.ts';
import { Checkbox, Dropdown, TextField } from '../ui.tsx';
import { change } from './draft.ts';
import { NumberField } from './number-field.tsx';
import { backendChoice } from '../../src/terms/choices.ts';
import { MAX_EPOCHS, MAX_IMAGES } from '../../src/terms/choices.ts';

/** What most people leave alone. */
export function AdvancedCard() {
  const now = draft.value;
  if (!now) return null;
  return (
    <details class="card advanced">
      <summary>{t('Advanced')}</summary>
      <div class="card-body fields">
        <label>{t('Seed')}</label>
        <NumberField
          label={t('Seed')}
          value={now.seed}
          least={0}
          most={0xffffffff}
          onChange={(seed) => seed !== undefined && change({ seed })}
        />
        <label>{t('Trade-off')}</label>
        <span class="row-of">
          <NumberField
            label={t('Points of the trade-off')}
            value={now.points}
            least={1}
            most={20}
            placeholder={now.explore === undefined && now.accuracyDrop === undefined ? '1' : '5'}
            onChange={(points) => change({ points })}
          />
          <span class="dim">{t('points, down to')}</span>
          <NumberField
            label={t('Cheapest point, in percent of the original')}
            value={now.explore}
            least={0.1}
            most={99}
            fractional
            placeholder={t('a quarter of the goal')}
            onChange={(explore) => change({ explore })}
          />
          <span class="dim">%</span>
        </span>
        <label>{t('Fine-tuning')}</label>
        <span class="row-of">
          <NumberField
            label={t('Epochs of fine-tuning')}
            value={now.fineTuneEpochs}
            most={MAX_EPOCHS}
            placeholder={t('by effort')}
            onChange={(fineTuneEpochs) => change({ fineTuneEpochs })}
          />
          <span class="dim">{t('epochs')}</span>
        </span>
        <label>{t('Learning rate')}</label>
        <NumberField
          label={t('Learning rate of fine-tuning')}
          value={now.fineTuneRate}
          least={1e-9}
          most={1000}
          fractional
          placeholder={String(fineTuneDefaults.rate)}
          onChange={(fineTuneRate) => change({ fineTuneRate })}
        />
        <label>{t('Distillation')}</label>
        <span class="row-of">
          <NumberField
            label={t('Distillation')}
            value={now.distillation}
            least={0}
            most={1}
            fractional
            placeholder={String(fineTuneDefaults.distillation)}
            onChange={(distillation) => change({ distillation })}
          />
          <span class="dim">{t('share of the original’s answers')}</span>
        </span>
        {now.data && (
          <>
            <label>{t('Validation')}</label>
            <span class="row-of">
              <NumberField
                label={t('Images held out of training')}
                value={now.data.validationImages}
                least={1}
                most={MAX_IMAGES}
                placeholder={t('a tenth')}
                onChange={(validationImages) =>
                  now.data && change({ data: { ...now.data, validationImages } })
                }
              />
              <span class="dim">{t('images held out of training')}</span>
            </span>
          </>
        )}
        <label>{t('Backend')}</label>
        <Dropdown
          label={t('Backend')}
          value={now.backend}
          options={backendChoice.options.map((value) => ({
            value,
            label: value === 'auto' ? t('the fastest here (auto)') : value,
          }))}
          onChange={(backend) => change({ backend })}
        />
        <label>{t('Threads')}</label>
        <NumberField
          label={t('Threads')}
          value={now.threads}
          least={1}
          most={1024}
          placeholder={t('all cores')}
          onChange={(threads) => change({ threads })}
        />
        <span />
        <Checkbox checked={now.measureLatency} onChange={(measureLatency) => change({ measureLatency })}>
          {t('Put the measured latency into the config (it is never twice the same)')}
        </Checkbox>
        <span />
        <Checkbox
          checked={now.interiorOutputs}
          onChange={(interiorOutputs) => {
            change({ interiorOutputs });
            void openNetwork();
          }}
        >
          {t('Outputs that also feed other layers may lose channels')}
        </Checkbox>
        <span />
        <Checkbox
          checked={now.keepFrozen ?? false}
          onChange={(keepFrozen) => change({ keepFrozen: keepFrozen || undefined })}
        >
          {t('Layers that the model’s file has frozen stay as they are cut, and are not trained')}
        </Checkbox>
        <label>{t('Settings')}</label>
        <Settings value={now.settings} onChange={(settings) => change({ settings })} />
      </div>
    </details>
  );
}

/** The method's own settings, as key=value; values are JSON where they can be. */
function Settings({
  value,
  onChange,
}: {
  value: Readonly<Record<string, unknown>>;
  onChange: (settings: Record<string, unknown>) => void;
}) {
  const given = Object.entries(value)
    .map(([key, one]) => `${key}=${typeof one === 'string' ? one : JSON.stringify(one)}`)
    .join(', ');
  const [text, setText] = useState(given);
  const read = readSettings(text);
  return (
    <TextField
      class="wide"
      label={t('The method’s own settings')}
      placeholder={t('generator=pruning-net, population=64')}
      value={text}
      invalid={read === null}
      onInput={(now) => {
        setText(now);
        const settings = readSettings(now);
        if (settings) onChange(settings);
      }}
    />
  );
}

function readSettings(text: string): Record<string, unknown> | null {
  const settings: Record<string, unknown> = {};
  // a comma within brackets or quotes belongs to its value
  for (const part of text.match(/(?:\[[^\]]*\]|\{[^}]*\}|"[^"]*"|[^,])+/g) ?? []) {
    if (!part.trim()) continue;
    const [, key, raw] = /^\s*([\w.-]+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (key === undefined) return null;
    try {
      settings[key] = JSON.parse(raw) as unknown;
    } catch {
      settings[key] = raw;
    }
  }
  return settings;
}
