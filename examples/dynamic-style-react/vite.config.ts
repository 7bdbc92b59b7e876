import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"
import { api } from "./api.ts"

// Countersign answers on the app's own origin: its cookie is a first-party one, and nothing has to be said about CORS.
const countersign = process.env["COUNTERSIGN_URL"] ?? "http://localhost:4000"
const proxy = { "/v1": countersign, "/account": countersign }

export default defineConfig({
  plugins: [react(), api(countersign, process.env["COUNTERSIGN_SERVICE_KEY"] ?? "")],
  server: { proxy },
  preview: { proxy },
})
