// What a program in TypeScript writes, as a module: `tsc` checks it against the published types.

import {
  errorCodes,
  GlueberryError,
  Identity,
  Node,
  setLogger,
  type Ban,
  type Config,
  type ErrorCode,
  type Event,
  type Message,
  type Messages,
  type PeerId,
  type PeerInfo,
  type State,
  type StreamHealth,
} from 'glueberry'

const config: Config = {
  identity: Identity.generate(),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  streams: { chat: { maxMessageSize: 1024 } },
  keepAlive: false,
  handshake: 'app',
}
await using node = await Node.start(config, { signal: AbortSignal.timeout(1000) })
const peer: PeerId = await node.connect('/ip4/…', { signal: AbortSignal.timeout(1000) })
await node.send(peer, 'chat', new TextEncoder().encode('hi'))
await node.send(peer, 'chat', Buffer.from('hi'))
const isSent: boolean = node.trySend(peer, 'chat', new Uint8Array(1))
const state: State = node.connectionState(peer)
const peers: PeerInfo[] = node.peers()
const bans: Ban[] = node.bans()
const health: StreamHealth = node.streamHealth(peer, 'chat')

for await (const message of node.messages('chat')) {
  const { peer, stream, data }: Message = message
  const length: number = data.length
  void [peer, stream, length]
}

await using inbox: Messages = node.allMessages().unref()
const { value, done } = await inbox.next({ signal: AbortSignal.timeout(5) })
if (!done) value.data.subarray(1)

function tell(event: Event): string {
  switch (event.type) {
    case 'peerEstablished':
      return event.peer
    case 'peerDisconnected':
      return event.reason === 'banned' ? 'banned' : `${event.unwritten.length}`
    case 'peerReconnecting':
      return event.delayMs.toFixed()
    case 'peerCooldown':
      return event.until.toISOString()
    case 'warning':
      return `${errorCodes[event.code]}: ${event.detail}`
    default:
      return event.at.toISOString()
  }
}
for await (const event of node.events({ kinds: ['peerEstablished'] })) tell(event)

try {
  await node.close()
} catch (error) {
  if (error instanceof GlueberryError) {
    const code: ErrorCode = error.code
    const hint: string = error.hint
    void [code, hint, error.cause, error.peer?.length]
  }
}

setLogger(({ level, message }) => console.error(level, message), { level: 'debug' })
setLogger(null)

// @ts-expect-error a text is no message
await node.send(peer, 'chat', 'hi')
// @ts-expect-error there is no such setting
await Node.start({ lisen: [] })
// @ts-expect-error there is no such kind
node.events({ kinds: ['peerEstablishd'] })
// @ts-expect-error nodes are started
new Node()
// @ts-expect-error nor are internals seen
Node.native(node)

void [isSent, state, peers, bans, health]
