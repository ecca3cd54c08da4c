// Documents to begin an edit with: of what runs, as far as the agent tells it, or a first one.
import type { Draft } from './editor';

type Json = Record<string, any>;

/** YAML of plain values; every text that could be something else is quoted (JSON's strings are YAML's). */
const scalar = (value: any): string =>
    typeof value === 'string' && /^[A-Za-z_][\w.-]*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(value)
        ? value : JSON.stringify(value);

export function yaml(value: any, indent = ''): string {
    if (value === null || typeof value !== 'object') return ` ${scalar(value)}\n`;
    if (Array.isArray(value)) return ` [${value.map(one => (typeof one === 'object' ? JSON.stringify(one) : scalar(one))).join(', ')}]\n`;
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

const module = (one: Json, instance: string, prefix: string): [string, Json] => {
    const name = instance.startsWith(prefix) ? instance.slice(prefix.length) : instance;
    const config = plain(one.module?.config);
    return [name, { type: one.module?.type, require_version: one.module?.version,
                    ...(Object.keys(config).length ? { config } : {}) }];
};

export function documentOf(name: string, policy: Json): Draft {
    const modules = Object.entries(policy.modules ?? {}) as [string, Json][];
    const tap = modules[0]?.[1]?.module?.config?._internal_tap_name ?? 'default';
    const input = Object.values(policy.input ?? {})[0] as Json | undefined;
    const filter = plain(input?.module?.config);
    delete filter.iface;
    delete filter.host_spec;
    const text = document('policies', { [name]: { kind: 'collection',
        input: { tap, input_type: input?.pcap ? 'pcap' : 'mock', ...(filter.bpf ? { filter: { bpf: filter.bpf } } : {}) },
        handlers: { modules: Object.fromEntries(modules.map(([instance, one]) => module(one, instance, `${name}-${tap}-`))) } } });
    return { kind: 'policy', name, text, note: 'Written anew from what the agent tells of it. Filters and metric groups of its '
        + 'modules may not be among that: look them over before it is replaced. No packet is lost in between.' };
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
