import createNextIntlPlugin from 'next-intl/plugin'

const dev = process.env.NODE_ENV === 'development'

/** Nothing is loaded from another host but what a share's web seeds have, which is hashed. Peers are reached by WebRTC, which connect-src does not govern. */
const contentSecurityPolicy = [
  "default-src 'self'",
  // Next and next-themes start with inline scripts; React's development build compiles with eval.
  `script-src 'self' 'unsafe-inline'${dev ? " 'unsafe-eval'" : ''}`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' http: https: ws: wss:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ')

/** @type {import('next').NextConfig} */
const config = {
  reactStrictMode: true,
  poweredByHeader: false,
  typedRoutes: true,
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
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'Content-Security-Policy', value: contentSecurityPolicy },
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
    messages: { path: './lib/i18n/messages', locales: ['en', 'de'], format: 'json', precompile: true },
  },
})(config)
