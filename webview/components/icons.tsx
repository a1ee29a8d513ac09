/** The few signs of the panel, as lines in the text's colour. What they say stands beside them in words. */
function icon(path: string) {
  return function Icon() {
    return (
      <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
        <path
          d={path}
          fill="none"
          stroke="currentColor"
          stroke-width="1.2"
          stroke-linejoin="round"
          stroke-linecap="round"
        />
      </svg>
    );
  };
}

export const Lock = icon('M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5');
export const Unlock = icon('M4 7.5h8v6H4zM5.5 7.5V4.5a2.5 2.5 0 0 1 5-.3');
export const Link = icon(
  'M6.5 9.5l3-3M7 4.5l1-1a2.5 2.5 0 0 1 3.8 3.3l-1.3 1.4M9 11.5l-1 1a2.5 2.5 0 0 1-3.8-3.3l1.3-1.4',
);
export const Through = icon('M4 3v5.5h7.5M9 5.5l3 3-3 3');
export const Folder = icon('M2 4h4.5l1.5 1.8h6v7.2H2z');
export const Check = icon('M3 8.5l3.2 3.2L13 4.8');
export const Cross = icon('M4 4l8 8M12 4l-8 8');
export const Alert = icon('M8 2.5l6 11H2zM8 6.5v3.5M8 12v.2');
