import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npx vite` finds the program while the pages are being worked on. */
const program = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2023',
    // The editor of GraphiQL is one large chunk; only its page loads it.
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      input: { index: 'index.html', graphiql: 'graphiql.html' },
      // Libraries speak to a compiler that has run before they were published.
      onLog: (level, log, report) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && report(level, log),
    },
  },
  server: {
    proxy: {
      '/graphql': { target: program, ws: true },
      '/dev': program,
    },
  },
});
