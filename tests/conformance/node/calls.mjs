// The commands that call a node.

import { limited } from './deadlines.mjs'
import { GlueberryError } from './glueberry.mjs'
import { payloadOf } from './payload.mjs'
import { toldBan, toldEvent, toldHealth, toldMessage, toldPeer } from './told.mjs'
import { lower } from './words.mjs'

/** The driver, or the runner, did something wrong. */
export class Fault extends Error {}
/** The driver does not know this command. */
export class Lack extends Error {}

export class Calls {
  #node
  #queues = new Map()

  constructor(node) {
    this.#node = node
  }

  /** Makes a call, before it waits for anything. */
  call(command, cancel) {
    const make = Object.hasOwn(COMMANDS, command.do) && COMMANDS[command.do]
    if (!make) throw new Lack(command.do)
    const limit = (call) => limited(command.within_ms, cancel, (signal) => call({ signal }))
    return make({ node: this.#node, queues: this.#queues, command, limit })
  }
}

const COMMANDS = {
  close: ({ node }) => node.close(),
  listen: async ({ node, command, limit }) => ({
    addresses: await limit((options) => node.listen(command.address, options)),
  }),
  connect: async ({ node, command, limit }) => ({
    peer: await limit((options) => node.connect(command.address, options)),
  }),
  wait_established: ({ node, command, limit }) =>
    limit((options) => node.waitEstablished(command.peer, options)),
  disconnect: ({ node, command, limit }) =>
    limit((options) => node.disconnect(command.peer, options)),
  cancel_reconnection: ({ node, command, limit }) =>
    limit((options) => node.cancelReconnection(command.peer, options)),
  prepare_streams: ({ node, command, limit }) =>
    limit((options) => node.prepareStreams(command.peer, command.streams, options)),
  finalize_handshake: ({ node, command, limit }) =>
    limit((options) => node.finalizeHandshake(command.peer, options)),
  complete_handshake: ({ node, command, limit }) =>
    limit((options) => node.completeHandshake(command.peer, command.streams, options)),
  flush: ({ node, command, limit }) =>
    limit((options) => node.flush(command.peer, command.stream, options)),
  send: ({ node, command, limit }) =>
    each(command, (data) =>
      limit((options) => node.send(command.peer, command.stream, data, options)),
    ),
  try_send: ({ node, command }) => each(command, (data) => trySend(node, command, data)),

  messages: ({ node, queues, command }) => {
    queues.set(
      command.queue,
      command.stream === undefined ? node.allMessages() : node.messages(command.stream),
    )
  },
  receive: ({ queues, command, limit }) => receive(find(queues, command), command, limit),
  events: ({ node, queues, command }) => {
    queues.set(
      command.queue,
      node.events({ peers: command.peers, kinds: command.kinds?.map(lower) }),
    )
  },
  event: async ({ queues, command, limit }) => {
    const { value, done } = await limit((options) => find(queues, command).next(options))
    return done ? { ended: true } : { event: toldEvent(value) }
  },
  release: ({ queues, command }) => {
    find(queues, command).close()
    queues.delete(command.queue)
  },

  state: ({ node, command }) => ({ state: toldPeerState(node, command.peer) }),
  peer: ({ node, command }) => {
    const peer = node.peer(command.peer)
    return { peer: peer ? toldPeer(peer) : null }
  },
  peers: ({ node }) => ({ peers: node.peers().map(toldPeer) }),
  health: ({ node, command }) => toldHealth(node.streamHealth(command.peer, command.stream)),
  add_peer: async ({ node, command: { addresses, persistent, metadata }, limit }) => ({
    peer: await limit((options) => node.addPeer({ addresses, persistent, metadata }, options)),
  }),
  remove_peer: ({ node, command, limit }) =>
    limit((options) => node.removePeer(command.peer, options)),
  ban: ({ node, command: { target, duration_ms: durationMs }, limit }) =>
    limit((options) => node.ban(target, { ...options, durationMs })),
  unban: async ({ node, command, limit }) => ({
    was_banned: await limit((options) => node.unban(command.target, options)),
  }),
  bans: ({ node }) => ({ bans: node.bans().map(toldBan) }),
}

function find(queues, { queue }) {
  const found = queues.get(queue)
  if (!found) throw new Fault(`there is no queue ${queue}`)
  return found
}

function toldPeerState(node, peer) {
  const state = node.connectionState(peer)
  return state[0].toUpperCase() + state.slice(1)
}

/** Sends as many messages as the command says. What stops it is told with how many were sent. */
async function each(command, send) {
  const { count = 1 } = command
  for (let sent = 0; sent < count; sent++) {
    try {
      await send(payloadOf(command, sent))
    } catch (thrown) {
      throw Object.assign(thrown, { told: { sent } })
    }
  }
  return { sent: count }
}

function trySend(node, { peer, stream }, data) {
  if (!node.trySend(peer, stream, data))
    throw new GlueberryError('WouldBlock', 'there is no room', { peer, stream })
}

/** Takes as many messages as the command says. What stops it is told with those that came. */
async function receive(queue, { count = 1 }, limit) {
  const messages = []
  try {
    return await limit(async (options) => {
      while (messages.length < count) {
        const { value, done } = await queue.next(options)
        if (done) return { messages, ended: true }
        messages.push(toldMessage(value))
      }
      return { messages }
    })
  } catch (thrown) {
    throw Object.assign(thrown, { told: { messages } })
  }
}
