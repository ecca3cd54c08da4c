// Light or dark: as the system says unless chosen here.
export type Theme = 'system' | 'light' | 'dark';
const order: Theme[] = ['system', 'light', 'dark'];
const kept = 'pktvisor-theme';

function store(): Storage | undefined {
    try {
        return localStorage;
    } catch { // switched off, or a file
        return undefined;
    }
}

export function currentTheme(): Theme {
    const theme = document.documentElement.dataset.theme as Theme;
    return order.includes(theme) ? theme : 'system';
}

function use(theme: Theme) {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event('theme'));
}

export function nextTheme(): Theme {
    const next = order[(order.indexOf(currentTheme()) + 1) % order.length];
    use(next);
    store()?.setItem(kept, next);
    return next;
}

export function startTheme() {
    const theme = store()?.getItem(kept) as Theme;
    if (order.includes(theme)) use(theme);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new Event('theme')));
}
