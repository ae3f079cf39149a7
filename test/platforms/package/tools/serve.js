/**
 * Serves the small app by Vite's own server, as its users have it while they write: node serve.js APP REPORTS. Prints the address; the
 * page's report goes on to the site REPORTS. Ends when it is told to.
 */
import { createServer } from 'vite';

const [root, reports] = process.argv.slice(2);
const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: {
    host: '127.0.0.1',
    port: 0,
    proxy: { '/report': reports },
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
await server.listen();
console.log(`http://127.0.0.1:${server.httpServer.address().port}`);
