package page

import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.PeerId

/** What the code of a page finds around it: a node, and a peer of it. */
class Around(val node: Node, val peer: PeerId, val address: String)
