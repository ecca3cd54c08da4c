// Where addresses are, when a top list's items have coordinates: dots on a small map, and the same as a table.
import { useShown } from './context';
import { land } from './land';
import type { Item, Metric } from './picture';
import { visible } from './text';
import { full } from './units';

const located = (item: Item) => item.lat !== undefined && item.lon !== undefined &&
    Number.isFinite(Number(item.lat)) && Number.isFinite(Number(item.lon)) && item.lat !== '' && item.lon !== '';

export const hasPlaces = (metric: Metric) => (metric.top?.items ?? []).some(located);

export function Places({ metric, title }: { metric: Metric; title: string }) {
    const { to } = useShown();
    const items = metric.top!.items.filter(located);
    const most = Math.max(...items.map(item => item.estimate), 1);
    const label = `Map of ${title}: ${items.slice(0, 5).map(item => `${visible(item.name)} ${full(item.estimate)}`).join(', ')}`;
    return <svg class="map" viewBox="-180 -84 360 144" role="group" aria-label={label}>
        {[-150, -120, -90, -60, -30, 0, 30, 60, 90, 120, 150].map(x => <line class="grid" x1={x} x2={x} y1="-84" y2="60" />)}
        {[-60, -30, 0, 30].map(y => <line class="grid" x1="-180" x2="180" y1={y} y2={y} />)}
        <path class="land" d={land} />
        {[...items].reverse().map(item => <a href={to({ view: 'name', which: item.name })}
            aria-label={`${visible(item.name)}: ${full(item.estimate)}`}>
            <circle cx={Number(item.lon)} cy={-Number(item.lat)} r={1.6 + 5 * Math.sqrt(item.estimate / most)}>
                <title>{`${visible(item.name)}: ${full(item.estimate)}`}</title></circle></a>)}
    </svg>;
}
