// Figures for people: units are UCUM's, as the schema gives them.

const thousands = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
export const exact = (n: number) => (Number.isInteger(n) ? thousands.format(n) : String(Number(n.toPrecision(6))));

const steps = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const digits = (n: number) => (n >= 100 || Number.isInteger(n) ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

function scaled(n: number): [string, string] {
    const sign = n < 0 ? '−' : '';
    let size = Math.abs(n), step = 0;
    while (size >= 999.5 && step < steps.length - 1) size /= 1000, ++step;
    return [sign + (size && size < 0.01 ? size.toPrecision(2) : digits(size)), steps[step]];
}

function time(us: number): string {
    const size = Math.abs(us);
    if (size < 999.5) return `${digits(us)} µs`;
    return size < 999.5e3 ? `${digits(us / 1e3)} ms` : `${digits(us / 1e6)} s`;
}

const names: Record<string, string> = {
    By: 'B', 'By/s': 'B/s', '{packet}/s': 'pkt/s', '{message}/s': 'msg/s', '{xact}/s': 'xact/s', '{query}/s': 'q/s', '%': '%', '1': '' };

/** The unit as people write it: "{packet}/s" is pkt/s. */
export const unitName = (unit: string) => names[unit] ?? unit.replace(/[{}]/g, '');

/** Short: three digits and a prefix. */
export function short(n: number | undefined | null, unit = '1'): string {
    if (n === undefined || n === null || !Number.isFinite(n)) return '–';
    if (unit === 'us') return time(n);
    if (unit === '%') return `${digits(n)}%`;
    const [figure, prefix] = scaled(n);
    const name = unitName(unit);
    // A prefix belongs to bytes and to bare numbers; "2 kpkt/s" is nobody's unit.
    if (unit === 'By' || unit === 'By/s') return `${figure} ${prefix}${name}`;
    return `${figure}${prefix && `${prefix}`}${name && ` ${name}`}`;
}

/** For an axis: the unit stands beside the chart already, but where the prefix is the unit's. */
export const tick = (n: number, unit: string) => short(n, ['By', 'By/s', 'us', '%'].includes(unit) ? unit : '1');

/** Whole where whole counts are meant. */
export function full(n: number | undefined, unit = '1'): string {
    if (n === undefined) return '–';
    return unit === '1' ? exact(n) : unit === 'By' && Number.isInteger(n) ? `${exact(n)} B` : short(n, unit);
}

export function percent(share: number | undefined): string {
    if (share === undefined || !Number.isFinite(share)) return '–';
    const n = share * 100;
    return `${n >= 10 ? n.toFixed(0) : n >= 1 || n === 0 ? n.toFixed(1).replace('.0', '') : n < 0.01 ? '<0.01' : n.toFixed(2)}%`;
}

export function duration(seconds: number): string {
    const parts: [number, string][] = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
    const begin = parts.findIndex(([size]) => seconds >= size);
    if (begin < 0) return '0 s';
    let left = Math.floor(seconds);
    return parts.slice(begin, begin + 2).map(([size, name]) => {
        const n = Math.floor(left / size);
        left -= n * size;
        return n ? `${n} ${name}` : '';
    }).filter(Boolean).join(' ');
}

const two = (n: number) => String(n).padStart(2, '0');

/** Of the day, here. */
export function clock(ts: number, seconds = true): string {
    const date = new Date(ts * 1000);
    return `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ''}`;
}

export const day = (ts: number) => new Date(ts * 1000).toISOString().slice(0, 10);

/** "+1,200", "−3 %": what changed. */
export function signed(n: number, unit = '1'): string {
    return n > 0 ? `+${full(n, unit)}` : n < 0 ? `−${full(-n, unit)}` : '±0';
}
