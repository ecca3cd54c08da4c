// Taps and policies, what state they are in, and, when the agent allows it, changing them.
import { useRef, useState } from 'preact/hooks';
import { change, policyPath } from './api';
import { useShown } from './context';
import { documentOf, firstPolicy, firstTap, tapDocument } from './documents';
import { Editor, Token, verdictOf, type Draft } from './editor';
import { anew, href } from './route';
import { ofResources } from './session';
import { Empty, visible } from './text';
import { short } from './units';

type Json = Record<string, any>;

const State = ({ good, children }: { good: boolean; children: string }) => <span class={`state ${good ? 'good' : 'bad'}`}>{children}</span>;

function Input({ input }: { input: Json }) {
    const source = input.pcap ?? {};
    const facts = [
        source.interfaces?.length && `on ${source.interfaces.join(', ')}`, source.pcap_source,
        source.workers && `${source.workers} ${source.workers === 1 ? 'worker' : 'workers'}`,
        source.ring_bytes && `${short(source.ring_bytes, 'By')} of ring`,
        input.module?.config?.bpf && `filter “${input.module.config.bpf}”`,
        input.module?.config?.host_spec && `host ${input.module.config.host_spec}`].filter(Boolean);
    const up = input.input?.running && source.up !== false;
    return <p class="input"><State good={up}>{!input.input?.running ? 'stopped' : source.up === false ? 'interface down' : 'reading'}</State>
        {' '}{visible(facts.join(' · '))}</p>;
}

function Policy({ name, policy, admin, edit, remove }: { name: string; policy: Json; admin: boolean;
    edit: (draft: Draft) => void; remove: (kind: Draft['kind'], name: string) => void }) {
    const { state } = useShown();
    const inside = ofResources(name);
    return <section class="card">
        <header><h3><a href={href(state.route, { ...anew, policy: name, tap: undefined })}>
            {visible(name)}</a></h3></header>
        {Object.values(policy.input ?? {}).map(input => <Input input={input as Json} />)}
        <ul class="modules">{Object.entries(policy.modules ?? {}).map(([instance, module]: [string, any]) => <li>
            <a href={href(state.route, { ...anew, policy: name, tap: undefined, view: 'handler', which: instance })}>{visible(instance)}</a>
            <small>{visible(`${module.module?.type} ${module.module?.version}`)}, {module.metrics?.periods?.length ?? 0} of {module.metrics?.periods_configured ?? '?'} min held</small>
            {!module.module?.running && <State good={false}>stopped</State>}</li>)}</ul>
        {admin && !inside && <div class="actions">
            <button type="button" onClick={() => edit(documentOf(name, policy))}>Edit</button>
            <button type="button" class="danger" onClick={() => remove('policy', name)}>Delete</button></div>}
    </section>;
}

function Tap({ name, tap, by, admin, edit, remove }: { name: string; tap: Json; by: string[]; admin: boolean;
    edit: (draft: Draft) => void; remove: (kind: Draft['kind'], name: string) => void }) {
    const { state } = useShown();
    const used = by.length;
    const config = Object.entries(tap.config ?? {}).filter(([, value]) => value !== '' && value !== null);
    return <section class="card">
        <header><h3>{visible(name)}</h3></header>
        <p class="input"><State good={used > 0}>{used ? `${used} ${used === 1 ? 'policy' : 'policies'}` : 'not used'}</State> {visible(String(tap.input_type))}</p>
        {used > 0 && <p class="input">{by.map((policy, i) => <>{i > 0 && ', '}<a class="linked"
            href={href(state.route, { ...anew, policy, tap: name })}>{visible(policy)}</a></>)}</p>}
        <dl class="facts">{[...config, ...Object.entries(tap.tags ?? {}).map(([key, value]) => [`tag ${key}`, value] as const)]
            .map(([key, value]) => <div><dt>{visible(key)}</dt><dd class="long">{visible(String(value))}</dd></div>)}</dl>
        {admin && <div class="actions">
            <button type="button" onClick={() => edit(tapDocument(name, tap))}>Edit</button>
            <button type="button" class="danger" disabled={used > 0} title={used ? 'policies use it' : ''} onClick={() => remove('tap', name)}>Delete</button></div>}
    </section>;
}

function Confirm({ what, done }: { what: { kind: Draft['kind']; name: string }; done: (removed: boolean) => void }) {
    const [problem, tell] = useState('');
    const open = (dialog: HTMLDialogElement | null) => { if (dialog && !dialog.open) dialog.showModal(); };
    const ref = useRef(open);
    const remove = async () => {
        const path = what.kind === 'policy' ? policyPath(what.name) : `/api/v1/taps/${encodeURIComponent(what.name)}`;
        try {
            await change('DELETE', path);
            done(true);
        } catch (error) {
            tell(verdictOf(error).text);
        }
    };
    return <dialog ref={ref.current} aria-labelledby="sure" onCancel={() => done(false)}>
        <h2 id="sure">Delete the {what.kind} {visible(what.name)}?</h2>
        <p>{what.kind === 'policy' ? 'It stops at once, and what it counted is gone.' : 'It can be made again; no policy uses it.'}</p>
        <Token />
        {problem && <p class="verdict wrong" role="alert">{visible(problem)}</p>}
        <div class="actions"><button type="button" class="danger" onClick={remove}>Delete</button>
            <button type="button" onClick={() => done(false)}>Keep it</button></div>
    </dialog>;
}

let begun: Draft | undefined; // what is being written stays while another view is looked at

export function Manage() {
    const { session, state } = useShown();
    const [draft, setDraft] = useState(begun);
    const edit = (draft?: Draft) => { begun = draft; setDraft(draft); };
    const [doomed, remove] = useState<{ kind: Draft['kind']; name: string }>();
    const [said, say] = useState('');
    const taps = Object.entries(state.taps);
    const used = (name: string) => session.policyNames(name).filter(policy => !ofResources(policy));
    const ask = (kind: Draft['kind'], name: string) => remove({ kind, name });
    const finished = (name?: string) => {
        say(name ? `“${name}” is in place.` : '');
        edit(undefined);
    };
    const { admin } = state;
    return <>
        <div class="title"><h1>Taps and policies</h1>
            {admin ? <div class="actions">
                <button type="button" class="primary" onClick={() => edit(firstPolicy(taps[0]?.[0], taps[0]?.[1]))}>New policy</button>
                <button type="button" onClick={() => edit(firstTap())}>New tap</button></div>
            : <p>Read only. Start the agent with <code>--admin-api</code> to change them here.</p>}</div>
        <p role="status" class="said">{said}</p>
        {draft && <Editor key={`${draft.kind} ${draft.name} ${draft.text}`} draft={draft} done={finished}
            keep={text => { begun = { ...draft, text }; }} />}
        {doomed && <Confirm what={doomed} done={removed => {
            say(removed ? `“${doomed.name}” is deleted.` : '');
            remove(undefined);
            if (removed) void session.refresh();
        }} />}
        <h2>Policies</h2>
        <div class="cards">{session.policyNames('').map(name =>
            <Policy key={name} name={name} policy={state.policies[name]} admin={admin} edit={edit} remove={ask} />)}</div>
        {!session.policyNames('').length && <Empty what="No policy runs." todo="Create one, or start the agent with an interface or --config." />}
        <h2>Taps</h2>
        <div class="cards">{taps.map(([name, tap]) =>
            <Tap key={name} name={name} tap={tap} by={used(name)} admin={admin} edit={edit} remove={ask} />)}</div>
        {!taps.length && <Empty what="There are no taps." todo="A tap says where frames come from." />}
    </>;
}
