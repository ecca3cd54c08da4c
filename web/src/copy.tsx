// The same figures elsewhere: the request, and the query of a Prometheus that scrapes /metrics?format=modern.
import { useRef, useState } from 'preact/hooks';
import { useShown } from './context';
import { metricsPath } from './api';
import { CopyIcon } from './icons';
import type { Metric } from './picture';

/** Where pages may not write the clipboard (plain HTTP from afar) a selection can still be copied. */
async function toClipboard(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement('textarea');
        area.value = text;
        area.setAttribute('readonly', '');
        area.className = 'offscreen';
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

const quoted = (text: string) => text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n');

export function promql(metric: Metric, policy: string): string {
    const { row } = metric;
    const name = row.prometheus?.modern[0];
    if (!name) return '';
    const labels = [`policy="${quoted(policy)}"`];
    if (row.dimension) labels.push(`${row.dimension.label}="${quoted(row.dimension.value)}"`);
    const selector = `{${labels.join(',')}}`;
    switch (row.kind) {
    case 'counter':
        return `rate(${name}${selector}[5m])`;
    case 'top list':
        return `topk(10, ${name}${selector})`;
    case 'quantiles':
    case 'histogram':
        return `histogram_quantile(0.99, sum by (le) (rate(${name}_bucket${selector}[5m])))`;
    case 'rate':
        return `${name}{quantile="0.99",${labels.join(',')}}`;
    default:
        return `${name}${selector}`;
    }
}

export function useCurl(): () => string {
    const { state } = useShown();
    return () => {
        const { time } = state.route;
        const back = time.kind === 'minute' ? state.held.findIndex(held => held.start === time.start) + 1 : 0;
        const which = time.kind === 'window' ? `window/${time.minutes}` : `bucket/${back}`;
        const url = `${location.origin}${metricsPath(state.policy, `${which}?extended=1`)}`;
        return `curl -s '${url.replace(/'/g, '%27')}'`;
    };
}

export function Copy({ metrics, what }: { metrics: Metric[]; what: string }) {
    const { state } = useShown();
    const [said, say] = useState('');
    const menu = useRef<HTMLDetailsElement>(null);
    const curl = useCurl();
    if (state.report) return null;
    const copy = async (text: string, name: string) => {
        say(await toClipboard(text) ? `${name} copied` : 'could not copy');
        if (menu.current) menu.current.open = false;
        menu.current?.querySelector('summary')?.focus();
        setTimeout(() => say(''), 2500);
    };
    const close = (event: KeyboardEvent) => {
        if (event.key !== 'Escape' || !menu.current?.open) return;
        menu.current.open = false;
        menu.current.querySelector('summary')?.focus();
        event.stopPropagation();
    };
    const leave = (event: FocusEvent) => {
        if (menu.current && !menu.current.contains(event.relatedTarget as Node)) menu.current.open = false;
    };
    const path = metrics[0]?.row.path;
    const query = metrics.map(metric => promql(metric, state.policy)).filter(Boolean).join('\n');
    const filter = () => `${curl()} | jq '.. | objects | getpath(${JSON.stringify(path.split('.'))}) | select(. != null)'`;
    return <span class="copy"><span class="said" role="status">{said}</span>
        <details ref={menu} onKeyDown={close} onFocusOut={leave}>
            <summary aria-label={`Copy ${what} as curl or PromQL`} title="Copy as curl or PromQL"><CopyIcon /></summary>
            <div class="menu">
                <button type="button" onClick={() => copy(curl(), 'curl')}>Copy as curl</button>
                {path && <button type="button" onClick={() => copy(filter(), 'curl')}>Copy as curl | jq</button>}
                {query && <button type="button" onClick={() => copy(query, 'PromQL')}>Copy as PromQL</button>}
            </div>
        </details></span>;
}
