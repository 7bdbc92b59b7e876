import { DynamicContextProvider } from "@countersign/react/dynamic"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./app.tsx"
import "./style.css"

const root = document.getElementById("root")
if (root)
  createRoot(root).render(
    <StrictMode>
      <DynamicContextProvider>
        <App />
      </DynamicContextProvider>
    </StrictMode>,
  )
