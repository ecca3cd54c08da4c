// Pictures of the minute being filled, once a second: over server-sent events, or by asking when these fail. Says when
// the connection is lost and goes on trying. A page nobody sees lets its stream go: browsers allow only a few to a host.
import { ask, metricsPath, Refusal } from './api';

export type Link = 'connecting' | 'live' | 'polling' | 'lost';

export interface LiveEvents {
    picture(answer: any): void;
    link(link: Link): void;
    gone(): void; // the policy was removed
}

const silence = 5_000;    // without an event a stream is as good as dead
const tryStream = 20_000; // while polling

export class Live {
    private source?: EventSource;
    private timer?: number;
    private asking = false;
    private closed = false;
    private heard = 0;
    private streamTried = 0;

    constructor(private policy: string, private events: LiveEvents) {
        this.events.link('connecting');
        this.openStream();
        this.timer = window.setInterval(() => this.tick(), 1000);
    }

    close() {
        this.closed = true;
        this.source?.close();
        clearInterval(this.timer);
    }

    private openStream() {
        this.streamTried = performance.now();
        this.source?.close();
        const source = this.source = new EventSource(metricsPath(this.policy, 'live'));
        source.addEventListener('metrics', event => {
            if (source !== this.source || this.closed) return;
            this.heard = performance.now();
            this.events.link('live');
            this.events.picture(JSON.parse((event as MessageEvent).data));
        });
        source.addEventListener('gone', () => {
            this.close();
            this.events.gone();
        });
        source.onerror = () => {
            if (source !== this.source || this.closed) return;
            source.close();
            this.source = undefined;
            void this.poll();
        };
    }

    private tick() {
        const now = performance.now();
        if (this.source) {
            if (now - Math.max(this.heard, this.streamTried) < silence) return;
            this.source.close();
            this.source = undefined;
        }
        if (now - this.streamTried > tryStream) this.openStream();
        else void this.poll();
    }

    private async poll() {
        if (this.asking || this.closed) return;
        this.asking = true;
        try {
            const answer = await ask(metricsPath(this.policy, 'bucket/0?extended=1&charts=1'), {}, 4000);
            if (this.closed) return;
            const wasLost = performance.now() - this.heard > silence;
            this.heard = performance.now();
            this.events.link('polling');
            this.events.picture(answer);
            // It is back: a stream is worth trying at once, but only once.
            if (wasLost && this.heard - this.streamTried > 2000) this.openStream();
        } catch (error) {
            if (this.closed) return;
            if (error instanceof Refusal && error.status === 404) {
                this.close();
                this.events.gone();
            } else {
                this.events.link('lost');
            }
        } finally {
            this.asking = false;
        }
    }
}
