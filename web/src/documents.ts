// Documents to begin an edit with: of what runs, as the agent tells it, or a first one.
import type { Draft } from './editor';

type Json = Record<string, any>;

/** YAML of plain values; every text that could be something else is quoted (JSON's strings are YAML's). */
const scalar = (value: any): string =>
    typeof value === 'string' && /^[A-Za-z_][\w.-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(value)
        ? value : JSON.stringify(value);

export function yaml(value: any, indent = ''): string {
    if (value === null || typeof value !== 'object') return ` ${scalar(value)}\n`;
    if (Array.isArray(value)) return value.some(one => typeof one === 'object')
        ? '\n' + value.map(one => `${indent}- ${yaml(one, indent + '  ').trimStart()}`).join('')
        : ` [${value.map(scalar).join(', ')}]\n`;
    const entries = Object.entries(value);
    if (!entries.length) return ' {}\n';
    return '\n' + entries.map(([key, one]) => `${indent}${scalar(key)}:${yaml(one, indent + '  ')}`).join('');
}

const document = (section: 'policies' | 'taps', content: Json) =>
    yaml({ version: '1.0', visor: { [section]: content } }).slice(1);

/** Without what is empty or the agent's own. */
function plain(config: Json | undefined): Json {
    return Object.fromEntries(Object.entries(config ?? {}).filter(([key, value]) =>
        !key.startsWith('_internal') && value !== '' && value !== null));
}

const order = ['kind', 'type', 'require_version', 'tap', 'tap_selector', 'input_type', 'config', 'input', 'filter',
               'metric_groups', 'handlers', 'window_config', 'modules'];
const rank = (key: string) => (order.indexOf(key) + 1) || order.length + 1;

/** In the order people write it. */
function ordered(value: any): any {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(ordered);
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)).map(([key, one]) => [key, ordered(one)]));
}

export function documentOf(name: string, policy: Json): Draft {
    return { kind: 'policy', name, text: document('policies', { [name]: ordered(policy.document) }), note: 'As it runs: remarks and '
        + 'descriptions are not kept, and what visor.config or global_handler_config say is among it. No packet is lost in between.' };
}

export function tapDocument(name: string, tap: Json): Draft {
    const text = document('taps', { [name]: { input_type: tap.input_type, config: plain(tap.config),
                                              ...(tap.tags ? { tags: tap.tags } : {}) } });
    return { kind: 'tap', name, text, note: 'All policies on the tap go on with the new one.' };
}

export function firstPolicy(tap = 'default', of?: Json): Draft {
    return { kind: 'policy', text: document('policies', { resolvers: { kind: 'collection',
        input: { tap, input_type: of?.input_type ?? 'pcap', filter: { bpf: 'port 53' } },
        handlers: { window_config: { num_periods: 5 }, modules: { names: { type: 'dns', require_version: '2.0' } } } } }) };
}

export function firstTap(): Draft {
    return { kind: 'tap', text: document('taps', { uplink: { input_type: 'pcap', config: { iface: 'auto' } } }) };
}
