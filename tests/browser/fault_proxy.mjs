//! A tiny proxy between a page and the collector that fails on command: statuses, silence, resets, lost answers, delay.

import { createServer, request as ask } from 'node:http';

/** What the collector's own answers carry, so that a page may read a made-up one. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After',
};

/**
 * Stands in front of the collector at `target`. `mode` may be changed at any time:
 * `{ kind: 'pass', latency? }`, `{ kind: 'status', status, retryAfter? }`, `{ kind: 'hang' }` (reads, never answers),
 * `{ kind: 'reset' }` (cuts the connection), `{ kind: 'lose' }` (the collector gets it, the page sees a reset).
 */
export async function startFaultProxy(target, mode = { kind: 'pass' }) {
  const silent = new Set();
  const proxy = { mode, /** What arrived: when, how large, how it was answered and when. */ log: [] };
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    const seen = { at: Date.now(), path: incoming.url, method: incoming.method, bytes: 0, answer: undefined, answeredAt: undefined };
    proxy.log.push(seen);
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // The page went away in the middle of its request.
    }
    const body = Buffer.concat(chunks);
    seen.bytes = body.length;
    const now = proxy.mode;
    const answer = (status, headers, text) => {
      seen.answer = status;
      seen.answeredAt = Date.now();
      outgoing.writeHead(status, headers);
      outgoing.end(text);
    };
    if (incoming.method === 'OPTIONS') {
      return answer(204, { ...CORS, 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' });
    }
    if (now.kind === 'status') {
      const headers = now.retryAfter === undefined ? CORS : { ...CORS, 'retry-after': String(now.retryAfter) };
      return answer(now.status, headers, '{"success":false}');
    }
    if (now.kind === 'reset') return incoming.socket.destroy();
    if (now.kind === 'hang') {
      silent.add(incoming.socket);
      incoming.socket.once('close', () => silent.delete(incoming.socket));
      return;
    }
    if (now.latency) await new Promise((done) => setTimeout(done, now.latency));
    const forward = ask(new URL(incoming.url, target), { method: incoming.method, headers: { ...incoming.headers, connection: 'close' } }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => {
        if (now.kind === 'lose') return incoming.socket.destroy();
        const headers = { ...reply.headers };
        delete headers['transfer-encoding'];
        delete headers.connection;
        answer(reply.statusCode, headers, Buffer.concat(parts));
      });
      reply.on('error', () => incoming.socket.destroy());
    });
    // A collector that is down is a refused connection to the page as well.
    forward.on('error', () => incoming.socket.destroy());
    forward.end(body);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  /** Cuts all requests that were left hanging. */
  proxy.release = () => {
    for (const socket of silent) socket.destroy();
  };
  proxy.posts = () => proxy.log.filter((seen) => seen.method === 'POST');
  proxy.close = () => new Promise((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  return proxy;
}
