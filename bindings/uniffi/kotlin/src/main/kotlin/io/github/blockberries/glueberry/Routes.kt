package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeNode
import io.github.blockberries.glueberry.ffi.Route
import java.util.concurrent.ConcurrentHashMap

/** Where messages were sent to, so that a message costs one call without texts. */
internal class Routes(private val native: NativeNode) {
    private val known = ConcurrentHashMap<Place, Route>()

    fun to(peer: PeerId, stream: String): Route {
        val place = Place(peer, stream)
        return known[place] ?: add(place)
    }

    private fun add(place: Place): Route {
        val route = call { native.route(place.peer.toString(), place.stream) }
        // Others may be sending on them: the garbage collector frees them.
        if (known.size >= MOST) known.clear()
        return known.putIfAbsent(place, route) ?: route
    }

    private data class Place(val peer: PeerId, val stream: String)

    private companion object {
        /** Full, all are forgotten: those in use are there again with the next message. Some 500 KiB. */
        const val MOST = 4096
    }
}
