// Everything here is a comfort: the pages work without it.
const root = document.documentElement
root.classList.add("scripted")
const all = (selector) => [...document.querySelectorAll(selector)]
// Times are written as the person's own region does, in the page's language.
const language = navigator.languages.find((one) => one.startsWith(root.lang)) ?? root.lang
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" })
const live = document.querySelector("[data-live]")

// A page that answers a form takes the place of its own GET: a reload or the way back sends nothing a second time.
const { here } = document.querySelector("main").dataset
if (here) history.replaceState(null, "", here)

// Full-width digits are read as digits; blanks and dashes are left out.
const tidy = (text) => text.normalize("NFKC").replace(/[\s\u200b\-\u2010-\u2015]/g, "")

for (const input of all(".code input")) {
  const boxes = input.parentElement.querySelector(".boxes")
  const digits = boxes.children.length
  let sent = input.value
  // The box that the next digit goes into, or all that it would replace.
  const draw = () => {
    const { selectionStart: from, selectionEnd: to } = input
    const first = Math.min(from, digits - 1)
    const last = Math.max(first, Math.min(to, digits) - 1)
    const focused = document.activeElement === input
    for (const [at, box] of [...boxes.children].entries())
      box.classList.toggle("at", focused && at >= first && at <= last)
  }
  input.addEventListener("input", (event) => {
    const bare = tidy(input.value)
    if (bare !== input.value && !event.isComposing) input.value = bare
    if (/^\d+$/.test(bare) && bare.length === digits && bare !== sent) {
      sent = bare
      input.form.requestSubmit()
    }
    draw()
  })
  for (const kind of ["focus", "blur", "keyup", "click"]) input.addEventListener(kind, draw)
  document.addEventListener("selectionchange", draw)
  // A refused code stands there to be corrected, or to be typed over. The browser may set the focus after this runs.
  if (document.activeElement === input) input.select()
  else input.addEventListener("focus", () => input.select(), { once: true })
  draw()
}

const busy = new WeakSet()
const press = (button, words) => {
  const said = button.querySelector("span") ?? button
  button.dataset.idle ??= said.textContent
  said.textContent = words
  button.setAttribute("aria-disabled", "true")
  if (live) live.textContent = words
}
const release = (button) => {
  busy.delete(button.form)
  const said = button.querySelector("span") ?? button
  const { answer } = button.form.elements
  if (answer) answer.value = ""
  said.textContent = button.dataset.idle
  button.removeAttribute("aria-disabled")
  delete button.dataset.idle
}

// A passkey: the device is asked, and what it answers is sent. A page that was open for too long asks for a new question.
const loaded = Date.now()
for (const form of all("[data-passkey]")) {
  const { passkey, options, seconds, missing, failed, known, waiting } = form.dataset
  const button = form.querySelector("[data-busy]")
  const said = form.querySelector("[data-said]")
  const tell = (words) => {
    said.hidden = !words
    said.lastElementChild.textContent = words
  }
  const reads = passkey === "get" ? "parseRequestOptionsFromJSON" : "parseCreationOptionsFromJSON"
  if (!globalThis.PublicKeyCredential?.[reads]) {
    tell(missing)
    button.remove()
    continue
  }
  const { answer } = form.elements
  const ask = async () => {
    busy.add(form)
    tell("")
    press(button, waiting)
    try {
      const publicKey = PublicKeyCredential[reads](JSON.parse(options))
      answer.value = JSON.stringify(await navigator.credentials[passkey]({ publicKey }))
      busy.delete(form)
      form.requestSubmit(button)
    } catch (error) {
      release(button)
      tell(error.name === "InvalidStateError" ? known : failed)
    }
  }
  form.addEventListener("submit", (event) => {
    if (answer.value || Date.now() - loaded > (seconds - 20) * 1000) return
    event.preventDefault()
    if (!busy.has(form)) void ask()
  })
}

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return
  const form = event.target
  if (busy.has(form)) return event.preventDefault()
  busy.add(form)
  const button = event.submitter ?? form.querySelector("button")
  // After the browser has gathered the fields, so that the pressed button's own value is among them.
  if (button?.dataset.busy) setTimeout(() => press(button, button.dataset.busy))
})
addEventListener("pageshow", () => all("[data-idle]").forEach(release))

const copy = async (button) => {
  const said = button.querySelector("span") ?? button
  try {
    await navigator.clipboard.writeText(button.dataset.copy)
    const idle = said.textContent
    said.textContent = live.textContent = button.dataset.copied
    setTimeout(() => {
      said.textContent = idle
      live.textContent = ""
    }, 2000)
  } catch {
    // Not allowed here: what is to be copied is at least marked.
    getSelection().selectAllChildren(document.querySelector("[data-copied-from]"))
  }
}
const reveal = (button) => {
  const input = document.getElementById(button.dataset.show)
  const hidden = input.type === "password"
  input.type = hidden ? "text" : "password"
  button.textContent = button.dataset[hidden ? "hide" : "label"]
  button.setAttribute("aria-pressed", String(hidden))
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy],[data-print],[data-show]")
  if (button?.dataset.copy) void copy(button)
  else if (button?.dataset.show) reveal(button)
  else if (button) print()
})

// What there is to wait for, counted down, and when that is by the person's own clock.
const two = (number) => String(number).padStart(2, "0")
const counted = all("time[data-until]")
const tick = () => {
  for (const time of counted) {
    const { seconds, until, over } = time.dataset
    const at = loaded + seconds * 1000
    const left = Math.ceil((at - Date.now()) / 1000)
    const words = left < 3600 ? `${Math.floor(left / 60)}:${two(left % 60)}` : `${Math.ceil(left / 3600)} h`
    time.textContent = left > 0 ? until.replace("{time}", clock.format(at)).replace("{left}", words) : over
  }
}
if (counted.length > 0) {
  tick()
  setInterval(tick, 1000)
}
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" })
for (const time of all("time[data-exact]")) time.title = exact.format(Date.parse(time.dateTime))
