// What became of the frames: it balances, and what was lost stands out.
import { useShown } from './context';
import type { Ledger } from './picture';
import { live } from './session';
import { Empty, visible } from './text';
import { exact } from './units';

const sumOf = (ledger: Ledger, wanted: RegExp) => {
    let sum = 0, any = false;
    for (const lines of ledger.values())
        for (const [path, value] of lines)
            if (wanted.test(path)) sum += value, any = true;
    return any ? sum : undefined;
};

const lost = /^(tap\.)?(dropped\.(?!filter)|dropped$|lost_before\.|interface_lost$)/;
const broken = /^(tap\.)?malformed(\.|$)/;

export function LedgerStrip() {
    const { state, to } = useShown();
    const ledger = live(state)?.ledger;
    if (!ledger?.size) return null;
    const figures: [string, number | undefined, string][] = [
        ['received', sumOf(ledger, /^(tap\.)?received$/), ''], ['delivered', sumOf(ledger, /^(tap\.)?delivered$/), ''],
        ['malformed', sumOf(ledger, broken), 'warn'], ['dropped', sumOf(ledger, lost), 'bad']];
    return <a class="ledger" href={to({ view: 'ledger', which: '' })}><span class="offscreen">Ledger:</span>
        {figures.map(([name, value, tone]) => value !== undefined &&
            <span class={value && tone ? tone : ''}><b>{exact(value)}</b> {name}</span>)}
    </a>;
}

export function LedgerView() {
    const { state } = useShown();
    const ledger = live(state)?.ledger;
    return <>
        <div class="title"><h1>Ledger</h1><p>what became of the frames since {state.report ? 'the capture began' : 'the tap was opened'}</p></div>
        {!ledger?.size ? <Empty what="No ledger." why="This policy reads nothing yet." /> :
            <div class="cards">{[...ledger].map(([stream, lines]) => {
                const groups = new Map<string, [string, number][]>();
                for (const [path, value] of lines) {
                    const [group, ...rest] = path.split('.');
                    const name = rest.length ? group : 'frames';
                    groups.set(name, [...(groups.get(name) ?? []), [rest.join('.') || group, value]]);
                }
                const first = (group: string) => Number(group !== 'tap'); // the balance
                return [...groups].filter(([group]) => group !== 'period').sort((a, b) => first(a[0]) - first(b[0])).map(([group, all]) => <section class="card">
                    <header><h2>{visible(group)}</h2></header>{stream && <p class="help">{visible(stream)}</p>}
                    <table class="plain"><caption class="offscreen">{visible(group)}</caption><tbody>{all.map(([name, value]) =>
                        <tr class={value ? lost.test(`${group}.${name}`) || lost.test(name) ? 'bad' : '' : 'zero'}>
                            <th scope="row">{visible(name.replace(/_/g, ' '))}</th><td class="n">{exact(value)}</td></tr>)}</tbody></table>
                </section>);
            })}</div>}
    </>;
}
