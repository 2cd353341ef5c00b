// What a program in TypeScript writes that is compiled to CommonJS.

import { GlueberryError, Node } from 'glueberry'
import glueberry = require('glueberry')

async function main(): Promise<void> {
  await using node: glueberry.Node = await Node.start({ streams: ['chat'] })
  for await (const message of node.messages('chat')) {
    const data: Uint8Array = message.data
    void data
  }
}

void main().catch((error: unknown) => error instanceof GlueberryError && error.retriable)
