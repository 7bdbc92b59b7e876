"use client"

import { SignedIn, SignOutButton, useUser } from "@countersign/react/clerk"
import Link from "next/link"

export function Header() {
  const { user } = useUser()
  return (
    <header>
      <Link href="/" className="brand">
        Heron Books
      </Link>
      <SignedIn>
        <span className="who">{user?.primaryEmailAddress?.emailAddress}</span>
        <SignOutButton redirectUrl="/sign-in" className="link">
          Sign out
        </SignOutButton>
      </SignedIn>
    </header>
  )
}
