// DNS enough for tests: a server that answers by the name asked, and a client that asks for any bytes.
//
// node dns.mjs SERVER FILE: reads FILE, lines of {"from", "name": [label, ...] (base64), "times"}, asks, and ends.
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

/** The labels of a question, and where it ends. */
function question(message) {
    const labels = [];
    let at = 12;
    while (message[at]) {
        labels.push(message.subarray(at + 1, at + 1 + message[at]));
        at += 1 + message[at];
    }
    return { labels, end: at + 5 };
}

const codes = { nx: 3, fail: 2, refused: 5 };

/** Answers NXDOMAIN below nx.test, SERVFAIL below fail.test, REFUSED below refused.test, and else an address. */
export function serve(address) {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (message, from) => {
        const { labels, end } = question(message);
        const code = codes[labels.at(-2)?.toString()] ?? 0;
        const head = Buffer.from(message.subarray(0, 12));
        head.writeUInt16BE(0x8180 | code, 2);
        head.writeUInt16BE(code ? 0 : 1, 6);
        head.writeUInt32BE(0, 8);
        const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
        socket.send(Buffer.concat([head, message.subarray(12, end), ...(code ? [] : [answer])]), from.port, from.address);
    });
    return new Promise(done => socket.bind(53, address, () => done(socket)));
}

const query = (id, labels) => Buffer.concat([
    Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels.flatMap(label => [Buffer.from([label.length]), label]), Buffer.from([0, 0, 1, 0, 1])]);

async function askAll(server, lines) {
    let id = 0;
    for (const { from, name, times } of lines) {
        const socket = dgram.createSocket('udp4');
        await new Promise(done => socket.bind(0, from, done));
        const labels = name.map(label => Buffer.from(label, 'base64'));
        for (let i = 0; i < times; ++i) {
            const answered = new Promise(done => { socket.once('message', done); setTimeout(done, 300); });
            socket.send(query(++id & 0xffff, labels), 53, server);
            await answered;
        }
        socket.close();
    }
}

if (process.argv[1].endsWith('dns.mjs')) {
    const lines = readFileSync(process.argv[3], 'utf8').trim().split('\n').map(line => JSON.parse(line));
    await askAll(process.argv[2], lines);
}
