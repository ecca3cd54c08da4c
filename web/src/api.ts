// Asking the agent: JSON with its error text, and the token of those who may change things (kept in memory only).

export class Refusal extends Error {
    constructor(readonly status: number, message: string) { super(message); }
}

/** The agent does not answer at all. */
export class Unreachable extends Error {}

let token = '';
export const setToken = (text: string) => { token = text.trim(); };
export const hasToken = () => token !== '';

export async function ask(path: string, init: RequestInit = {}, patience = 10_000): Promise<any> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    let status: number, text: string;
    try {
        const answer = await fetch(path, { cache: 'no-cache', ...init, signal: stop.signal });
        status = answer.status;
        text = await answer.text();
    } catch {
        throw new Unreachable('the agent does not answer');
    } finally {
        clearTimeout(timer);
    }
    let body: any;
    try {
        body = JSON.parse(text);
    } catch {
        body = undefined;
    }
    if (status >= 400) throw new Refusal(status, body?.error ?? defaultText(status));
    return body;
}

function defaultText(status: number): string {
    return ({ 401: 'a bearer token is needed', 403: 'not allowed from here', 404: 'there is no such thing',
              413: 'the document is too large' } as Record<number, string>)[status] ?? `the agent answered ${status}`;
}

export function change(method: 'POST' | 'PUT' | 'DELETE', path: string, document?: string): Promise<any> {
    const headers: Record<string, string> = {};
    if (document !== undefined) headers['Content-Type'] = 'application/x-yaml';
    if (token) headers['Authorization'] = `Bearer ${token}`;
    return ask(path, { method, headers, body: document });
}

export const policyPath = (name: string) => `/api/v1/policies/${encodeURIComponent(name)}`;
export const metricsPath = (policy: string, which: string) => `${policyPath(policy)}/metrics/${which}`;
