import createNextIntlPlugin from 'next-intl/plugin'

/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  typedRoutes: true,
  // The same on every machine that builds the same sources (server/pages/build.ts): a page of one node runs on another.
  generateBuildId: () => process.env['TABSEED_BUILD_ID'] ?? null,
  // Nothing uses /_next/image, which costs whoever runs it: it is answered 404.
  images: { unoptimized: true },
  // `npm run check` checks the types, of tests and tools too; whoever starts a server need not wait for that.
  typescript: { ignoreBuildErrors: true },
  // Node loads these itself: followed by the bundler, webtorrent's import ends in a native add-on.
  serverExternalPackages: [
    'webtorrent',
    '@thaunknown/simple-peer',
    'node-datachannel',
    'bittorrent-tracker',
    'better-sqlite3',
    'pino',
  ],
  // A click while the server is away waits for it: else the browser's error page would end the shares that run in this one.
  experimental: { useOffline: true },
  turbopack: {
    root: import.meta.dirname,
    // The published bundle: built from source by Turbopack, webtorrent's Node-only imports are undefined at run time.
    resolveAlias: { webtorrent: { browser: 'webtorrent/dist/webtorrent.min.js' } },
  },
  // Content-Security-Policy has a nonce, so each answer gets its own: server/pages/content-security-policy.ts.
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'Referrer-Policy', value: 'no-referrer' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
      ],
    },
  ],
}

export default createNextIntlPlugin({
  requestConfig: './lib/i18n/request.ts',
  // Pages get parsed messages instead of a parser.
  experimental: {
    messages: {
      path: './lib/i18n/messages',
      locales: ['en', 'de', 'fr', 'es', 'ja', 'ar'],
      format: 'json',
      precompile: true,
    },
  },
})(config)
