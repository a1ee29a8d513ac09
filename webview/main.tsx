import './no-eval.ts';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { protocolVersion } from '../src/protocol/contract.ts';
import { Failure } from '../src/protocol/rpc.ts';
import './styles/panel.css';
import { follow, listen, listRuns, openNetwork, show } from './actions.ts';
import { App } from './app.tsx';
import { StateView } from './components/state-view.tsx';
import { host } from './host.ts';
import { keepAssessing } from './plan/assess-store.ts';
import { keepReading, lookForData, openData } from './plan/data-store.ts';
import { firstDraft, keepDraft } from './plan/draft.ts';
import { adopt, remember } from './persist.ts';
import { keepReach } from './plan/reach-store.ts';
import { loaded } from './load.ts';
import {
  compare,
  draft,
  backend,
  message,
  opening,
  run,
  runs,
  selected,
  tab,
  trusted,
  type Ready,
} from './state.ts';
import { keepSensitivity } from './sensitivity/store.ts';
import { setStrings, t } from './strings.ts';

/** Asks the host what this panel is about, as often as it takes, then takes up where it was left. */
function boot(): void {
  void opening.run(
    t('Connecting'),
    async (signal) => {
      const given = await host.request('ready', { protocol: protocolVersion }, signal);
      if (given.protocol !== protocolVersion)
        throw new Failure(
          'input',
          t('This panel is of another version of Espalier than the extension: close it and open it again.'),
        );
      return given;
    },
    begin,
  );
}

function begin(answer: Ready): void {
  setStrings(answer.strings);
  trusted.value = answer.trusted;
  backend.value = answer.backend;
  const past = adopt(answer.past, answer.model);
  const sides = past?.compare ?? answer.compare;
  compare.value = sides;
  draft.value = firstDraft(answer, past?.draft ?? null);
  remember({ model: answer.model, compare: sides });
  keepDraft();
  show(past?.tab ?? answer.tab);
  if (draft.value) {
    void openNetwork();
    keepReach();
    void lookForData();
    if (draft.value.data) void openData(draft.value.data.path);
    keepReading();
    keepAssessing();
    keepSensitivity();
  }
  const folder = answer.run ?? past?.run ?? null;
  void listRuns(() => {
    if (folder === null && answer.model !== null) followLive(past !== null);
  });
  if (folder !== null) void follow(folder, undefined, sides);
}

/**
 * Shows the model's run that is at work, where none is shown. `back`: the window was reloaded, and may have lost that
 * the plan's run has begun: the editor writes down what a panel remembers only now and then.
 */
function followLive(back: boolean): void {
  const live = loaded(runs.value.value)?.find(({ status }) => status === 'running');
  if (!live || run.value) return;
  void follow(live.folder, back && tab.value === 'plan' ? 'tradeoff' : undefined);
}

listen();
host.on('host', (given) => {
  trusted.value = given.trusted;
  backend.value = given.backend;
});
host.on('show', (given) => {
  if (given.run !== null) void follow(given.run);
  if (given.compare) {
    compare.value = given.compare;
    remember({ compare: given.compare });
  }
  show(given.tab);
});
host.on('changed', (given) => {
  message.value = { kind: 'info', text: given.message, actions: [] };
  void openNetwork();
});
// what was said of one candidate is not about the next
effect(() => {
  void selected.value;
  message.value = null;
});
window.addEventListener('unhandledrejection', (event) => {
  message.value = { kind: 'error', text: String(event.reason), actions: [] };
});

function Root() {
  return <StateView load={opening.value.value}>{() => <App />}</StateView>;
}

boot();
let root = document.getElementById('root');
if (!root) {
  root = document.createElement('div');
  root.id = 'root';
  document.body.append(root);
}
render(<Root />, root);
