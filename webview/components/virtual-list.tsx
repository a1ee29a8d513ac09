import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Column {
  readonly key: string;
  readonly label: string;
  /** a CSS grid track: 90px, minmax(0, 1fr) */
  readonly width: string;
  readonly align?: 'start' | 'end';
  /** its text may not fit: cut with an ellipsis. Where it always fits, leave this out: every clip costs each frame */
  readonly long?: boolean;
  readonly title?: string;
  readonly sortable?: boolean;
}

export interface Sort {
  readonly key: string;
  readonly down: boolean;
}

export interface VirtualListProps<T> {
  readonly rows: readonly T[];
  /** one height for all, pixels */
  readonly rowHeight?: number;
  /** for screen readers */
  readonly label: string;
  readonly columns: readonly Column[];
  /** the cells' contents, one a column */
  readonly cells: (row: T, index: number) => readonly ComponentChildren[];
  readonly rowClass?: (row: T, index: number) => string;
  readonly selected?: (row: T, index: number) => boolean;
  /** the row under the keyboard changed, or was clicked */
  readonly onSelect?: (row: T, index: number) => void;
  /** Enter or double click */
  readonly onActivate?: (row: T, index: number) => void;
  /** Space */
  readonly onToggle?: (row: T, index: number) => void;
  readonly onHover?: (row: T | null, index: number) => void;
  /** any other key; true: it was used */
  readonly onKey?: (event: KeyboardEvent, row: T, index: number) => boolean;
  readonly sort?: Sort | null;
  readonly onSort?: (sort: Sort) => void;
  /** brings this row into sight when it changes */
  readonly reveal?: number | null;
  readonly class?: string;
}

const OVERSCAN = 8;

/**
 * A table of any length: only the rows in sight exist. One tab stop; arrows, Page Up and Down, Home and End move
 * through the rows (aria-activedescendant), Enter and Space act on one. Headings sort.
 */
export function VirtualList<T>(props: VirtualListProps<T>) {
  const { rows, rowHeight = 24, columns, sort } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const headed = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, count: 40 });
  const [active, setActive] = useState(-1);
  const classes = columns.map(
    ({ align, long }) => `${align === 'end' ? 'end' : ''}${long ? ' ellipsis' : ''}`,
  );
  const tracks = columns.map((column) => column.width).join(' ');
  // rows are grids of their own: one least width keeps their columns in line where all is narrower
  const least = columns.reduce(
    (sum, column) => sum + Number(/(\d+)px/.exec(column.width)?.[1] ?? 60) + 12,
    12,
  );

  const look = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN);
    const count = Math.ceil(element.clientHeight / rowHeight) + 2 * OVERSCAN;
    setView((old) => (old.first === first && old.count === count ? old : { first, count }));
  }, [rowHeight]);
  useLayoutEffect(() => {
    const element = scroller.current!;
    look();
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [look]);

  const bringIntoSight = (index: number) => {
    const element = scroller.current;
    if (!element) return;
    const head = headed.current?.offsetHeight ?? 0;
    const top = index * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + head > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight + head - element.clientHeight;
    look();
  };
  useEffect(() => {
    if (props.reveal !== undefined && props.reveal !== null && props.reveal >= 0)
      bringIntoSight(props.reveal);
  }, [props.reveal]);

  // another order: from its beginning
  const order = sort ? `${sort.key} ${sort.down}` : '';
  const ordered = useRef(order);
  useLayoutEffect(() => {
    if (ordered.current === order) return;
    ordered.current = order;
    if (scroller.current) scroller.current.scrollTop = 0;
    setActive(-1);
    look();
  }, [order]);

  const select = (index: number) => {
    if (!rows.length) return;
    const to = Math.max(0, Math.min(rows.length - 1, index));
    setActive(to);
    bringIntoSight(to);
    props.onSelect?.(rows[to], to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (
      !scroller.current ||
      event.target !== scroller.current ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    const page = Math.max(1, Math.floor(scroller.current.clientHeight / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active < 0 ? 0 : active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    const row = rows[active];
    if (event.key in moves) select(moves[event.key]);
    else if (row === undefined) return;
    else if (event.key === 'Enter' && props.onActivate) props.onActivate(row, active);
    else if (event.key === ' ' && props.onToggle) props.onToggle(row, active);
    else if (!props.onKey?.(event, row, active)) return;
    event.preventDefault();
  };

  const last = Math.min(rows.length, view.first + view.count);
  // elements are used again, in turn: scrolling and another order change their texts alone
  const slots = Math.max(1, view.count);
  const shown = [];
  for (let index = Math.min(view.first, Math.max(0, rows.length - view.count)); index < last; index++) {
    const row = rows[index];
    const selected = props.selected?.(row, index) ?? false;
    shown.push(
      <div
        key={index % slots}
        id={`${id}-${index}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={props.selected ? selected : undefined}
        data-index={index}
        class={`row${selected ? ' selected' : ''}${index === active ? ' active' : ''} ${props.rowClass?.(row, index) ?? ''}`}
        style={{ top: `${index * rowHeight}px` }}
      >
        {props.cells(row, index).map((cell, at) => (
          <div key={columns[at].key} role="gridcell" class={classes[at]}>
            {cell}
          </div>
        ))}
      </div>,
    );
  }
  const indexOf = (event: Event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    return row ? Number(row.dataset.index) : -1;
  };
  return (
    <div
      ref={(element) => {
        scroller.current = element;
        element?.style.setProperty('--tracks', tracks);
        element?.style.setProperty('--least', `${least}px`);
        element?.style.setProperty('--row', `${rowHeight}px`);
      }}
      class={`list ${props.class ?? ''}`}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={active >= view.first && active < last ? `${id}-${active}` : undefined}
      onScroll={look}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const index = indexOf(event);
        if (index >= 0 && !(event.target as HTMLElement).closest('[data-own]')) select(index);
      }}
      onDblClick={(event) => {
        const index = indexOf(event);
        if (index >= 0) props.onActivate?.(rows[index], index);
      }}
      onPointerOver={(event) => {
        if (!props.onHover) return;
        const index = indexOf(event);
        props.onHover(index >= 0 ? rows[index] : null, index);
      }}
      onPointerLeave={() => props.onHover?.(null, -1)}
    >
      <div class="sheet">
        <div class="row head" role="row" aria-rowindex={1} ref={headed}>
          {columns.map((column) => (
            <div
              key={column.key}
              role="columnheader"
              class={column.align === 'end' ? 'end' : ''}
              title={column.title}
              aria-sort={sort?.key === column.key ? (sort.down ? 'descending' : 'ascending') : undefined}
            >
              {column.sortable && props.onSort ? (
                <button
                  type="button"
                  class="plain"
                  onClick={() =>
                    props.onSort!({
                      key: column.key,
                      down: sort?.key === column.key ? !sort.down : column.align === 'end',
                    })
                  }
                >
                  {column.label}
                  <span aria-hidden="true">{sort?.key === column.key ? (sort.down ? ' ↓' : ' ↑') : ''}</span>
                </button>
              ) : (
                column.label
              )}
            </div>
          ))}
        </div>
        <div class="rows" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
          {shown}
        </div>
      </div>
    </div>
  );
}
