// Loaded before a program (NODE_OPTIONS=--import=…), so that a walk can let an hour pass: the program's clock is the
// machine's and the milliseconds that stand in the file EXAMPLE_CLOCK. Nothing of ours is switched off by it.
import { readFileSync } from "node:fs"

const file = process.env.EXAMPLE_CLOCK
if (file !== undefined) {
  const RealDate = Date
  const realNow = RealDate.now.bind(RealDate)
  const now = () => realNow() + Number(readFileSync(file, "utf8"))
  RealDate.now = now
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: () => new RealDate(now()).toString(),
  })
}
