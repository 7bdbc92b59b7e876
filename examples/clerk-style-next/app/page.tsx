import { auth } from "@countersign/react/next"
import Link from "next/link"
import { Payout } from "../components/payout"

export default async function HomePage() {
  await auth.protect()
  return (
    <>
      <h1>Back office</h1>
      <Payout />
      <section className="card">
        <div>
          <h2>Two-step verification</h2>
          <p className="quiet">A code from your phone each time you sign in or do something that matters.</p>
        </div>
        <Link className="button" href="/account/manage-mfa">
          Manage
        </Link>
      </section>
    </>
  )
}
