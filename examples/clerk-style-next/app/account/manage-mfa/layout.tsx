import type { Metadata } from "next"
import type { ReactNode } from "react"

export const metadata: Metadata = { title: "Two-step verification" }

export default function ManageMfaLayout({ children }: { children: ReactNode }) {
  return children
}
