// A program for an older target, that knows no `await using`.

import { Node } from 'glueberry'

const node = await Node.start()
for await (const event of node.events()) void event.type
await node.close()
