import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Identity, Node } from 'glueberry'

import { LOOPBACK, soon, start } from './support.mjs'

test('all settings together make a node', async (t) => {
  const node = await start(t, {
    identity: Identity.generate(),
    listen: [LOOPBACK],
    streams: {
      chat: {},
      files: {
        maxMessageSize: 10,
        sendBuffer: 2048,
        receiveBuffer: 2048,
        highWatermark: 60,
        lowWatermark: 10,
      },
    },
    autoConnect: false,
    handshake: 'app',
    security: 'noise',
    reconnect: { firstDelayMs: 10, longestDelayMs: 20, maxAttempts: 1, cooldownMs: 30 },
    handshakeTimeoutMs: 1000,
    dialTimeoutMs: 1000,
    keepAlive: { intervalMs: 15_000, timeoutMs: 15_000 },
    lingerMs: 0,
    eventBuffer: 8,
    allow: ['127.0.0.0/8'],
    deny: ['192.0.2.7'],
    connectionLimits: { pending: 8, total: 64, perPeer: 2, perAddress: 32 },
    workerThreads: 2,
  })
  assert.equal(node.listenAddresses.length, 1)
})

test('settings that are undefined keep their defaults, and keep-alive can be off', async (t) => {
  await start(t, {
    listen: undefined,
    dialTimeoutMs: undefined,
    keepAlive: false,
    reconnect: { maxAttempts: undefined },
  })
})

test('a setting that cannot be is refused by its name', async () => {
  for (const [config, code, name] of [
    [{ lisen: [] }, 'InvalidConfig', 'lisen'],
    [{ workerThreads: 0 }, 'InvalidConfig', 'workerThreads'],
    [{ dialTimeoutMs: NaN }, 'InvalidConfig', 'dialTimeoutMs'],
    [{ dialTimeoutMs: 1.5 }, 'InvalidConfig', 'dialTimeoutMs'],
    [{ lingerMs: 1n }, 'InvalidConfig', 'lingerMs'],
    [{ reconnect: { firstDelayMs: -1 } }, 'InvalidConfig', 'firstDelayMs'],
    [{ reconnect: { firstDelayMs: 0 } }, 'InvalidConfig', 'firstDelay'],
    [
      { streams: { my_stream: { highWatermark: 300 } } },
      'InvalidConfig',
      'my_stream.highWatermark',
    ],
    [{ streams: { chat: { sendBuffer: 1 } } }, 'InvalidConfig', 'sendBuffer'],
    [{ handshake: 'manual' }, 'InvalidConfig', 'handshake'],
    [{ keepAlive: { timeoutMs: 1 } }, 'InvalidConfig', 'timeout'],
    [{ listen: ['tcp'] }, 'InvalidAddress', 'tcp'],
    [{ listen: 'tcp' }, 'InvalidConfig', 'listen'],
    [{ streams: 'chat' }, 'InvalidConfig', 'streams'],
    [{ streams: ['a b'] }, 'InvalidStreamName', ''],
    [{ deny: ['nobody'] }, 'InvalidPeerId', 'nobody'],
    [{ identity: 'key' }, 'InvalidArgument', 'identity'],
  ]) {
    const isClear = (error) => error.code === code && error.message.includes(name)
    await assert.rejects(
      Node.start(config, soon()),
      (error) => isClear(error) || assert.fail(`${error.code}: ${error.message}`),
    )
  }
})
