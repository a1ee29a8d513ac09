import { useEffect, useState } from 'preact/hooks';
import { TextField } from '../ui.tsx';

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly least?: number;
  readonly most?: number;
  /** any number, not only whole ones */
  readonly fractional?: boolean;
  readonly placeholder?: string;
  readonly onChange: (value: number | undefined) => void;
}

/** A number within bounds, whole unless said otherwise; empty: left to Espalier. What is no such number is marked and not taken. */
export function NumberField({
  label,
  value,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
  fractional = false,
  placeholder,
  onChange,
}: NumberFieldProps) {
  const given = value === undefined ? '' : String(value);
  const [text, setText] = useState(given);
  useEffect(() => setText(given), [given]);
  const fits = (number: number) =>
    (fractional ? Number.isFinite(number) : Number.isInteger(number)) && number >= least && number <= most;
  const number = Number(text);
  const valid = text.trim() === '' ? value === undefined || placeholder !== undefined : fits(number);
  return (
    <TextField
      class="short"
      label={label}
      value={text}
      invalid={!valid}
      {...(placeholder === undefined ? {} : { placeholder })}
      onInput={(now) => {
        setText(now);
        const next = Number(now);
        if (now.trim() === '') {
          if (placeholder !== undefined) onChange(undefined);
        } else if (fits(next)) onChange(next);
      }}
    />
  );
}
