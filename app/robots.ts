import type { MetadataRoute } from 'next'

/** Pages of shares may be read: they say themselves that they must not be listed, which one that is not read cannot say. */
export default function robots(): MetadataRoute.Robots {
  const disallow = ['/api/', '/t/', '/w/', '/embed/', '/badge/', '/admin', '/library', '/announce', '/scrape']
  return { rules: { userAgent: '*', allow: '/', disallow } }
}
