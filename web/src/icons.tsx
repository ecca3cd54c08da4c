// Drawn, not letters: fonts differ in what they have.
const icon = (path: string, filled = false) => () =>
    <svg class={filled ? 'icon filled' : 'icon'} viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg>;

export const CopyIcon = icon('M5.5 5.5h7v7h-7zM10.5 5.5v-2h-7v7h2');
export const PauseIcon = icon('M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z', true);
export const GoIcon = icon('M5 3.2v9.6l8-4.8z', true);
export const ThemeIcon = icon('M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11v11');
