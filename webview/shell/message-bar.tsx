import { message } from '../state.ts';
import { said } from '../said.ts';
import { t } from '../strings.ts';
import { Button } from '../ui.tsx';

/** What went wrong or was done, above the view, until it is closed. */
export function MessageBar() {
  const shown = message.value;
  return (
    <div class="live" aria-live="polite">
      {shown && (
        <div class={`message ${shown.kind}`} role={shown.kind === 'error' ? 'alert' : 'status'}>
          <span class="sign" aria-hidden="true">
            {shown.kind === 'error' ? '✕' : '✓'}
          </span>
          <span class="text">
            {said(shown.text)}
            {shown.detail && (
              <details>
                <summary>{t('Details')}</summary>
                <pre>{shown.detail}</pre>
              </details>
            )}
          </span>
          <span class="grow" />
          {shown.actions.map((action) => (
            <Button key={action.label} onClick={action.run}>
              {action.label}
            </Button>
          ))}
          <Button kind="icon" label={t('Close')} onClick={() => (message.value = null)}>
            ✕
          </Button>
        </div>
      )}
    </div>
  );
}
