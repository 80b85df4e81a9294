// Cloudflare's Workers KV as Miniflare emulates it: one node, on the same paths, without a copy.
// node miniflare-node.mjs PORT
import { Miniflare } from 'miniflare';

const [port = ''] = process.argv.slice(2);
const script = `
export default {
  async fetch(request, { KV }) {
    const { pathname } = new URL(request.url);
    if (pathname === '/healthz') return Response.json({});
    const key = decodeURIComponent(pathname.slice('/key/'.length));
    if (request.method === 'PUT') {
      const { value } = await request.json();
      await KV.put(key, JSON.stringify(value));
      return Response.json({ key }, { status: 201 });
    }
    const value = await KV.get(key, 'json');
    return value === null ? Response.json({}, { status: 404 }) : Response.json({ key, value });
  },
};
`;
const miniflare = new Miniflare({ port: Number(port), modules: true, script, kvNamespaces: ['KV'] });
await miniflare.ready;
