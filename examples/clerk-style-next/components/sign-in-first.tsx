"use client"

import Link from "next/link"
import { usePathname } from "next/navigation"

export function SignInFirst() {
  return (
    <div className="step">
      <h1>Sign in first</h1>
      <p className="quiet">You are signed out. After signing in you will be back on this page.</p>
      <Link className="button main" href={`/sign-in?return_to=${encodeURIComponent(usePathname())}`}>
        Sign in
      </Link>
    </div>
  )
}
