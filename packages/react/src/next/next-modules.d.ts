// The few functions of Next.js that are called, so that it need not be installed to build this package.
declare module "next/headers" {
  export function headers(): Promise<Headers>
}
declare module "next/navigation" {
  export function redirect(url: string): never
}
