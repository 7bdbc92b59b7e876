import type { NextConfig } from "next"

const config: NextConfig = {
  // Countersign answers below /auth, on the app's own origin: its cookie is the app's, and there is no CORS.
  // The address is read when the app is built.
  rewrites: async () => [{ source: "/auth/:path*", destination: `${process.env["COUNTERSIGN_URL"]}/auth/:path*` }],
}

export default config
