const { getDefaultConfig } = require("expo/metro-config")
const { answers } = require("./api.mjs")

const config = getDefaultConfig(__dirname)
// In development the same server answers for the app's own one.
config.server.enhanceMiddleware = (metro) => (incoming, outgoing, next) =>
  answers(incoming, outgoing) || metro(incoming, outgoing, next)

module.exports = config
