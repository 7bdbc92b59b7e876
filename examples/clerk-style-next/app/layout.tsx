import { ClerkProvider } from "@countersign/react/clerk"
import { countersignState } from "@countersign/react/next"
import type { Metadata } from "next"
import type { ReactNode } from "react"
import { Header } from "../components/header"
import "./globals.css"

export const metadata: Metadata = { title: { default: "Heron Books", template: "%s · Heron Books" } }

export default async function RootLayout({ children }: { children: ReactNode }) {
  // With what the server knows already, nobody looks signed out until the browser has asked.
  return (
    <html lang="en">
      <body>
        <ClerkProvider url="/auth" initialState={await countersignState()}>
          <Header />
          <main>{children}</main>
        </ClerkProvider>
      </body>
    </html>
  )
}
