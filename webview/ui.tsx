import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * The only place that knows the toolkit: it is archived, so whatever takes its place is put in here.
 * Controls are controlled: they show what they are given and tell what the user wants.
 */
provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodePanels(),
  vsCodePanelTab(),
  vsCodePanelView(),
  vsCodeTextField(),
);

type Control = HTMLAttributes<HTMLElement> & Record<string, unknown>;
declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace JSX {
    interface IntrinsicElements {
      'vscode-button': Control;
      'vscode-checkbox': Control;
      'vscode-dropdown': Control;
      'vscode-option': Control;
      'vscode-panels': Control;
      'vscode-panel-tab': Control;
      'vscode-panel-view': Control;
      'vscode-text-field': Control;
    }
  }
}

/** The toolkit names a control "Text field" or after its text when it enters the page, whatever it was called: named again. */
function useName(element: { readonly current: HTMLElement | null }, name: string | undefined): void {
  useEffect(() => {
    if (name !== undefined) element.current?.setAttribute('aria-label', name);
  }, [name]);
}

export interface ButtonProps {
  readonly kind?: 'primary' | 'secondary' | 'icon';
  readonly disabled?: boolean;
  /** for screen readers and as a tooltip; needed where the content is a sign */
  readonly label?: string;
  readonly title?: string;
  readonly onClick: () => void;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { kind = 'secondary', disabled = false, label, title = label, onClick, children } = props;
  return (
    <vscode-button
      class={props.class}
      appearance={kind}
      disabled={disabled}
      aria-disabled={disabled || undefined}
      aria-label={label}
      title={title}
      onClick={() => {
        if (!disabled) onClick();
      }}
    >
      {children}
    </vscode-button>
  );
}

export interface CheckboxProps {
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly label?: string;
  readonly title?: string;
  readonly tabIndex?: number;
  readonly onChange: (checked: boolean) => void;
  readonly children?: ComponentChildren;
}

export function Checkbox({
  checked,
  disabled = false,
  label,
  title,
  tabIndex,
  onChange,
  children,
}: CheckboxProps) {
  const element = useRef<HTMLElement & { checked: boolean }>(null);
  useName(element, label);
  useEffect(() => {
    if (element.current) element.current.checked = checked;
  });
  return (
    <vscode-checkbox
      ref={element}
      disabled={disabled}
      aria-label={label}
      title={title}
      tabindex={tabIndex}
      onChange={() => {
        const now = element.current?.checked ?? false;
        if (now !== checked) onChange(now);
      }}
    >
      {children}
    </vscode-checkbox>
  );
}

export interface DropdownProps<T extends string> {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly title?: string }[];
  readonly label: string;
  readonly disabled?: boolean;
  readonly class?: string;
  readonly onChange: (value: T) => void;
}

export function Dropdown<T extends string>(props: DropdownProps<T>) {
  const { value, options, label, disabled = false, onChange } = props;
  const element = useRef<HTMLElement & { value: string }>(null);
  const known = options.map((one) => one.value).join('\n');
  useEffect(() => {
    // the toolkit takes a value only once its options are in place
    const set = requestAnimationFrame(() => {
      if (element.current && element.current.value !== value) element.current.value = value;
    });
    return () => cancelAnimationFrame(set);
  }, [value, known]);
  return (
    <vscode-dropdown
      ref={element}
      class={props.class}
      disabled={disabled}
      aria-label={label}
      onChange={() => {
        const now = element.current?.value as T | undefined;
        if (now !== undefined && now !== value && options.some((one) => one.value === now)) onChange(now);
      }}
    >
      {options.map((one) => (
        <vscode-option key={one.value} value={one.value} title={one.title} selected={one.value === value}>
          {one.label}
        </vscode-option>
      ))}
    </vscode-dropdown>
  );
}

export interface TextFieldProps {
  readonly value: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly class?: string;
  /** the sentence that says what is wrong with the value */
  readonly invalid?: boolean;
  readonly onInput: (value: string) => void;
  readonly onCommit?: () => void;
}

export function TextField(props: TextFieldProps) {
  const { value, label, placeholder, disabled = false, invalid = false, onInput, onCommit } = props;
  const element = useRef<HTMLElement & { value: string }>(null);
  useName(element, label);
  useEffect(() => {
    if (element.current && element.current.value !== value) element.current.value = value;
  }, [value]);
  return (
    <vscode-text-field
      ref={element}
      class={`${props.class ?? ''}${invalid ? ' invalid' : ''}`}
      disabled={disabled}
      aria-label={label}
      aria-invalid={invalid || undefined}
      placeholder={placeholder}
      onInput={() => onInput(element.current?.value ?? '')}
      onChange={() => onCommit?.()}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter') onCommit?.();
      }}
    />
  );
}

/** Not the toolkit's: that one has the page laid out and painted anew sixty times a second, and turns whatever the user set. */
export function ProgressRing({ label }: { readonly label?: string }) {
  return label ? (
    <span class="ring" role="progressbar" aria-label={label} />
  ) : (
    <span class="ring" aria-hidden="true" />
  );
}

export interface TabsProps<T extends string> {
  readonly active: T;
  readonly tabs: readonly { readonly id: T; readonly label: string; readonly badge?: string }[];
  readonly label: string;
  readonly onSelect: (tab: T) => void;
  /** the content of the active tab */
  readonly children: ComponentChildren;
}

export function Tabs<T extends string>({ active, tabs, label, onSelect, children }: TabsProps<T>) {
  const element = useRef<HTMLElement & { activeid: string }>(null);
  return (
    <vscode-panels
      ref={element}
      class="tabs"
      activeid={`tab-${active}`}
      aria-label={label}
      onChange={(event: Event) => {
        if (event.target !== element.current) return;
        const now = tabs.find((one) => `tab-${one.id}` === element.current?.activeid);
        if (now && now.id !== active) onSelect(now.id);
      }}
    >
      {tabs.map((one) => (
        // named here: the toolkit takes the name once, from a text that may change
        <vscode-panel-tab
          key={one.id}
          id={`tab-${one.id}`}
          aria-label={one.badge ? `${one.label} ${one.badge}` : one.label}
        >
          {one.label} {one.badge && <span class="badge">{one.badge}</span>}
        </vscode-panel-tab>
      ))}
      {tabs.map((one) => (
        <vscode-panel-view key={one.id} id={`view-${one.id}`}>
          {one.id === active && children}
        </vscode-panel-view>
      ))}
    </vscode-panels>
  );
}
